import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificate } from '../test/support/certificates.ts';
import { makeDirectory, removeDirectory } from '../test/support/scope.ts';
import { startBackend } from './backend.ts';
import { clientTlsConfiguration } from './load/load.ts';
import { guardedName, type Peer } from './peers/peer.ts';
import { idleFigures, loadFigures, type WorkloadResult } from './results.ts';
import { type IdleRound, idleRound, type LoadRound, loadRound } from './round.ts';
import { type ReadyPeer, type Stage, startPeer } from './start.ts';
import type { IdleWorkload, LoadWorkload, Workload } from './workloads.ts';

export interface RunOptions {
  readonly peers: readonly Peer[];
  readonly workloads: readonly Workload[];
  readonly rounds: number;
  readonly seconds: number;
  readonly proxyCore: number;
  /** One line about what is being done now. */
  progress(text: string): void;
  /** Called when a workload is through. */
  finished(result: WorkloadResult): void;
}

const siteName = 'bench.test';
/** Each of these rounds starts the peer anew, and memory varies little. */
const idleRounds = 3;

/** Enough for a just-in-time compiler to be done; unmeasured, and cut short at twice the length of a round. */
const warmRequests = 20_000;

/** Runs the workloads one after the other, the peers taking turns within each. Everything is stopped when it settles. */
export async function runBench(options: RunOptions): Promise<WorkloadResult[]> {
  const directory = await makeDirectory();
  options.progress(`working in ${directory}`);
  try {
    const certificate = await makeCertificate(directory, [siteName, guardedName(siteName)]);
    const opensslConfig = join(directory, 'openssl.cnf');
    await writeFile(opensslConfig, clientTlsConfiguration);
    const backend = await startBackend(directory);
    try {
      const { proxyCore } = options;
      const stage = { directory, certificate, name: siteName, backendPort: backend.port, proxyCore };
      return await runWorkloads(options, stage, opensslConfig);
    } finally {
      await backend.program.stop();
    }
  } finally {
    await removeDirectory(directory);
  }
}

async function runWorkloads(options: RunOptions, stage: Stage, opensslConfig: string): Promise<WorkloadResult[]> {
  const results: WorkloadResult[] = [];
  const keep = (result: WorkloadResult): void => {
    results.push(result);
    options.finished(result);
  };
  const loads = options.workloads.filter((workload) => workload.kind === 'load');
  const ready: ReadyPeer[] = [];
  try {
    for (const peer of loads.length > 0 ? options.peers : []) {
      options.progress(`starting and verifying ${peer.name}`);
      ready.push(await startPeer(peer, stage));
    }
    for (const workload of loads) {
      const able = workload.guarded ? ready.filter(({ peer }) => peer.guards) : ready;
      if (able.length > 0) keep(await runLoad(workload, able, stage, opensslConfig, options));
    }
  } finally {
    await Promise.all(ready.map(({ program }) => program.stop()));
  }
  for (const workload of options.workloads) {
    if (workload.kind === 'idle') keep(await runIdle(workload, stage, options));
  }
  return results;
}

async function runLoad(
  workload: LoadWorkload,
  peers: readonly ReadyPeer[],
  stage: Stage,
  opensslConfig: string,
  { rounds, seconds, progress }: RunOptions,
): Promise<WorkloadResult> {
  const measure = (ready: ReadyPeer, length: number): Promise<LoadRound> =>
    orBlame(ready, workload.id, () => loadRound(workload, ready, stage, { seconds: length, opensslConfig }));
  for (const ready of peers) {
    progress(`${workload.id}: warming up, ${ready.peer.name}`);
    let requests = 0;
    for (let second = 0; second < seconds * 2 && requests < warmRequests; second++) {
      requests += (await measure(ready, 1)).requestsPerSecond;
    }
  }
  const seen = new Map<ReadyPeer, LoadRound[]>(peers.map((peer) => [peer, []]));
  for (let round = 1; round <= rounds; round++) {
    // Each round begins with another peer, so that none always runs after the same one.
    for (const index of peers.keys()) {
      const ready = peers[(index + round) % peers.length] as ReadyPeer;
      progress(`${workload.id}: round ${round}/${rounds}, ${ready.peer.name}`);
      seen.get(ready)?.push(await measure(ready, seconds));
    }
  }
  return { kind: 'load', workload, figures: [...seen].map(([{ peer }, figures]) => loadFigures(peer.name, figures)) };
}

async function runIdle(workload: IdleWorkload, stage: Stage, options: RunOptions): Promise<WorkloadResult> {
  const rounds = Math.min(options.rounds, idleRounds);
  const figures = [];
  for (const peer of options.peers) {
    const seen: IdleRound[] = [];
    for (let round = 1; round <= rounds; round++) {
      options.progress(`${workload.id}: round ${round}/${rounds}, ${peer.name}`);
      const ready = await startPeer(peer, stage);
      try {
        seen.push(await orBlame(ready, workload.id, () => idleRound(workload, ready, stage)));
      } finally {
        await ready.program.stop();
      }
    }
    figures.push(idleFigures(peer.name, seen));
  }
  return { kind: 'idle', workload, figures };
}

async function orBlame<T>({ peer, program }: ReadyPeer, id: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const printed = program.stdout() + program.stderr();
    throw new Error(`${id} with ${peer.name} failed: ${String(error)}\n${printed.slice(-4000)}`, { cause: error });
  }
}
