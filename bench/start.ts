import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestCertificate } from '../test/support/certificates.ts';
import { requirePart } from '../test/support/parts.ts';
import { onFreePort } from '../test/support/ports.ts';
import { type RunningProcess, startProcess } from '../test/support/process.ts';
import type { Peer } from './peers/peer.ts';
import { verifyPeer } from './verify.ts';

/** What all peers of one run share. */
export interface Stage {
  readonly directory: string;
  readonly certificate: TestCertificate;
  readonly name: string;
  readonly backendPort: number;
  readonly proxyCore: number;
}

/** A peer that serves and was found to answer correctly. */
export interface ReadyPeer {
  readonly peer: Peer;
  readonly port: number;
  readonly program: RunningProcess;
}

let started = 0;

/** Starts a peer on the proxy's core and verifies its answers; rejects, with what it printed, if either fails. */
export async function startPeer(peer: Peer, stage: Stage): Promise<ReadyPeer> {
  const programs: RunningProcess[] = [];
  try {
    return await onFreePort(async (port) => {
      const directory = join(stage.directory, `${peer.name}-${++started}`);
      await mkdir(directory);
      const ready = await peer.start({
        ...{ directory, port, backendPort: stage.backendPort, certificate: stage.certificate, name: stage.name },
        launch(command, args, env = {}) {
          const pinned = ['-c', String(stage.proxyCore), command, ...args];
          const program = startProcess(requirePart('taskset'), pinned, { cwd: directory, env });
          programs.push(program);
          return program;
        },
      });
      await verifyPeer({ port: ready.port, name: stage.name, root: stage.certificate.root });
      return { peer, port: ready.port, program: ready.program };
    });
  } catch (error) {
    await Promise.all(programs.map((program) => program.stop()));
    const printed = programs.map((program) => program.stdout() + program.stderr()).join('');
    throw new Error(`${peer.name} does not serve as it should: ${String(error)}\n${printed}`, { cause: error });
  }
}
