import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { fetchStatus } from '../../src/control/admin/client.ts';
import { makeCertificate } from '../../test/support/certificates.ts';
import type { Finished } from '../../test/support/process.ts';
import { runSallyport, startSallyport } from '../../test/support/sallyport.ts';
import type { Gate, Stage } from './gate.ts';

/** Sallyport with two workers, the app run by it. Reloads are edits, exchanged certificates and workers that are told to end, in turns. */
export async function startSallyportGate(stage: Stage): Promise<Gate> {
  const { scope, directory, name, appFile, webSocketPort } = stage;
  const { certificateFile, keyFile } = await makeCertificate(directory, [name]);
  const configuration = (turn: number): string =>
    stringify({
      workers: 2,
      listen: { http: false, https: '127.0.0.1:0' },
      logs: { access: join(directory, 'access.log') },
      limits: { headTimeout: `${20 + (turn % 10)}s`, drainTimeout: '180s' },
      sites: {
        [name]: {
          tls: { certificate: certificateFile, key: keyFile },
          app: { run: [process.execPath, appFile], home: directory, user: userInfo().username },
          routes: { '/ws': webSocketPort },
        },
        ...(turn % 2 === 1 && { 'sometimes.internal': webSocketPort }),
      },
    });
  const gate = await startSallyport(scope, configuration(0), { mayBeReplaced: true, milliseconds: 60_000 });
  const control = join(gate.directory, 'state/control.sock');
  const must = async (run: Promise<Finished>): Promise<void> => {
    const { code, stdout, stderr } = await run;
    if (code !== 0) throw new Error(`${stdout}${stderr}`);
  };
  return {
    port: gate.https,
    async reload(turn) {
      if (turn % 3 === 1) await makeCertificate(directory, [name]);
      if (turn % 3 === 2) process.kill((await fetchStatus(control)).workers[0]!.pid, 'SIGTERM');
      const state = `state: ${join(gate.directory, 'state')}\n`;
      await writeFile(gate.configFile, configuration(turn + 1) + state);
      await must(runSallyport(['reload', '-c', gate.configFile]));
    },
    upgrade: () => must(runSallyport(['upgrade', '-c', gate.configFile])),
    deploy: () => must(runSallyport(['app', 'restart', name, '-c', gate.configFile])),
  };
}
