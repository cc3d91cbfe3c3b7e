/** A thousand slow clients at one gate, none at another beside it: what an ordinary client notices. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { anyPorts } from '../exchange/support.ts';
import { startProcess } from '../support/process.ts';
import { startSallyport } from '../support/sallyport.ts';
import { PatientClient, quantile, residentBytes, startApp } from './support.ts';

const mebibyte = 1024 * 1024;
const rounds = 3000;

test('a thousand clients with slow heads, bodies and reads slow nobody else down, and cost less than 256 MiB', async (t) => {
  const app = await startApp(t);
  const config = `${anyPorts}workers: 1\nlimits: { connections: 4000, headTimeout: 120s, bodyIdle: 120s }
sites:
  localhost: ${app}
  plain.test: { tls: off, to: ${app} }
`;
  const [attacked, quiet] = await Promise.all([startSallyport(t, config), startSallyport(t, config)]);
  const program = join(import.meta.dirname, '../programs/slow-clients.ts');
  const args = [program, attacked.http, attacked.https, 400, 300, 300].map(String);
  const slow = startProcess(process.execPath, args);
  t.after(async () => void (await slow.stop()));
  await slow.printed(/^established$/m, 60_000);
  const [beside, alone] = [await PatientClient.open(t, attacked.http), await PatientClient.open(t, quiet.http)];
  const times = { beside: [] as number[], alone: [] as number[] };
  let most = 0;
  for (let round = 0; round < rounds; round++) {
    times.beside.push(await beside.ask());
    times.alone.push(await alone.ask());
    if (round % 100 === 0) most = Math.max(most, await residentBytes(attacked.pid));
  }
  const [, gone] = await slow.printed(/^gone (\d+)$/m);
  assert.equal(gone, '0', 'the slow clients were there all the time');
  const ratio = (share: number): number => quantile(times.beside, share) / quantile(times.alone, share);
  t.diagnostic(
    `1000 slow clients: median ${ratio(0.5).toFixed(2)} times, p99 ${ratio(0.99).toFixed(2)} times that of a gate without ` +
      `(${quantile(times.beside, 0.99).toFixed(2)} and ${quantile(times.alone, 0.99).toFixed(2)} ms, ${rounds} requests each); ` +
      `${Math.round(most / mebibyte)} MiB at most`,
  );
  assert.ok(most < 256 * mebibyte, `${most / mebibyte} MiB`);
  assert.ok(ratio(0.5) < 10, `the median is ${ratio(0.5)} times as long`);
});
