/**
 * Mixed traffic with churn for a quarter of an hour (`--minutes N`): does the gate hold more and more? Kept connections, new ones, downloads and
 * uploads, HTTP/2 with cancelled streams, WebSockets, clients that leave midway or send nonsense, and a reload a minute. Prints memory and open files of all
 * its processes; exits 1 when they grow, or when a well-behaved request failed.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { fetchStatus } from '../src/control/admin/client.ts';
import { untilListening } from '../test/support/listening.ts';
import { onFreePort } from '../test/support/ports.ts';
import { startProcess } from '../test/support/process.ts';
import { runSallyport, startSallyport } from '../test/support/sallyport.ts';
import type { Scope } from '../test/support/scope.ts';
import { startWsServer } from '../test/support/websocket.ts';
import { startLoad } from './proof/load.ts';
import { startChurn } from './soak/churn.ts';
import { findGrowth, type Sample, sampleProcesses } from './soak/sample.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '15' } } });
const seconds = Number(values.minutes) * 60;
const sampleEvery = Math.max(0.5, seconds / 120);
const reloadEvery = Math.min(60, seconds / 3);

const undos: (() => void | Promise<void>)[] = [];
const scope: Scope = { after: (undo) => void undos.push(undo) };

async function soak(): Promise<boolean> {
  const appFile = join(import.meta.dirname, 'proof/app.mjs');
  const appPort = await onFreePort(async (port) => {
    const app = startProcess(process.execPath, [appFile], { env: { PORT: String(port) } });
    scope.after(async () => void (await app.stop()));
    await untilListening(port, app);
    return port;
  });
  const { port: webSocketPort } = await startWsServer(scope);
  const configuration = (turn: number): string => `workers: 2
listen: { http: false, https: 127.0.0.1:0 }
logs: { access: /dev/null, errors: /dev/null }
limits: { headTimeout: ${20 + (turn % 10)}s }
sites:
  soak.internal: { routes: { /: ${appPort}, /ws: ${webSocketPort} } }
`;
  const gate = await startSallyport(scope, configuration(0));
  const control = join(gate.directory, 'state/control.sock');
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1000;
  const sample = async (): Promise<Sample | null> => {
    const { pid, workers } = await fetchStatus(control);
    return sampleProcesses([pid, ...workers.map((one) => one.pid)], elapsed());
  };

  const place = { port: gate.https, name: 'soak.internal' };
  const before = (await sample())!;
  const load = startLoad({ ...place, connections: 20, requests: 200 });
  const churn = startChurn(place, 8);
  const samples: Sample[] = [];
  for (let reloads = 0; elapsed() < seconds; ) {
    await pause(sampleEvery * 1000);
    const one = await sample();
    if (one) samples.push(one);
    if (elapsed() < (reloads + 1) * reloadEvery) continue;
    reloads++;
    await writeFile(gate.configFile, `${configuration(reloads)}state: ${join(gate.directory, 'state')}\n`);
    const { code, stderr } = await runSallyport(['reload', '-c', gate.configFile]);
    if (code !== 0) throw new Error(stderr);
  }
  const deeds = await churn.stop();
  await load.stop();
  // Idle connections to apps are kept for a minute.
  await pause(Math.min(75_000, seconds * 1000));
  const after = (await sample())!;
  const { counters, workers } = await fetchStatus(control);
  const problems = [...findGrowth(samples, before, after)];
  const failed = load.fresh.failed + load.kept.failed;
  if (failed > 0)
    problems.push(`${failed} requests failed: ${[...load.fresh.failures, ...load.kept.failures].join(', ')}`);
  if (workers.some(({ restarts }) => restarts > 0)) problems.push('a worker died');
  print(samples, before, after);
  console.log(
    `${counters.requests} requests, ${counters.acceptedConnections} connections, ${deeds} deeds of other clients`,
  );
  for (const problem of problems) console.log(`! ${problem}`);
  return problems.length === 0;
}

function print(samples: readonly Sample[], before: Sample, after: Sample): void {
  const row = (what: string, { rssMiB, files }: Sample): string =>
    `${what.padEnd(12)} ${rssMiB.toFixed(0).padStart(5)} MiB ${String(files).padStart(6)} files`;
  console.log(row('at rest', before));
  const step = Math.max(1, Math.floor(samples.length / 15));
  for (let at = step - 1; at < samples.length; at += step)
    console.log(row(`${samples[at]!.at.toFixed(0)} s`, samples[at]!));
  console.log(row('at rest', after));
}

try {
  process.exitCode = (await soak()) ? 0 : 1;
} finally {
  for (const undo of undos.reverse()) await undo();
}
setTimeout(() => process.exit(), 1_000).unref();
