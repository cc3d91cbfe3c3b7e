import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { sharedScope } from '../support/scope.ts';
import { openGuardedGate } from './support.ts';

const gate = await openGuardedGate(
  sharedScope(),
  '  kms.test: { to: PORT, auth: { basic: USERS } }',
  'logs: { access: off }',
);
const root = join(gate.sallyport.directory, 'state/authority/root.pem');
const ca = await readFile(root, 'utf8');

/** The status of a request with a password from a loopback address, and the milliseconds it took. */
async function ask(agent: Agent, auth: string): Promise<{ status: number; milliseconds: number }> {
  const start = performance.now();
  const status = await new Promise<number>((resolve, reject) => {
    const sent = request({ agent, auth, path: '/', headers: { Host: 'kms.test' } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject).end();
  });
  return { status, milliseconds: performance.now() - start };
}

function agentOf(localAddress: string, maxSockets: number): Agent {
  const place = { host: '127.0.0.1', port: gate.sallyport.https, servername: 'kms.test', ca };
  return new Agent({ keepAlive: true, maxSockets, localAddress, ...place });
}

/** What a user sees in `rounds` requests, one after the other. */
async function experience(agent: Agent, rounds: number): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { status, milliseconds } = await ask(agent, 'alice:secret');
    assert.equal(status, 200);
    times.push(milliseconds);
    await pause(10);
  }
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(rounds / 2)]!, p99: times[Math.floor(rounds * 0.99)]! };
}

/** Ten thousand wrong passwords a minute from another process, until it is stopped; resolves with the answers by status. */
function startFlood(): { stop(): Promise<Record<string, number>> } {
  const program = join(import.meta.dirname, '../programs/guess-passwords.ts');
  const child = spawn(process.execPath, [program, String(gate.sallyport.https), root], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return {
    async stop() {
      child.stdin.end();
      await once(child, 'close');
      return JSON.parse(output) as Record<string, number>;
    },
  };
}

test('ten thousand wrong passwords a minute from one address change nothing for a user at another', async (t) => {
  const agent = agentOf('127.0.0.3', 1);
  t.after(() => agent.destroy());
  await experience(agent, 50);
  const quiet = await experience(agent, 200);
  const flood = startFlood();
  const during = await experience(agent, 200);
  // Somebody who has not logged in before is let in meanwhile, too.
  const fresh = agentOf('127.0.0.4', 1);
  t.after(() => fresh.destroy());
  assert.equal((await ask(fresh, 'bob:hunter2')).status, 200);
  const statuses = await flood.stop();
  const tell = ({ p50, p99 }: typeof quiet): string => `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
  t.diagnostic(`quiet: ${tell(quiet)}; during the flood: ${tell(during)}`);
  t.diagnostic(`answers to the flood: ${JSON.stringify(statuses)}`);
  // What costs time is a check: of hundreds only a few are made.
  assert.ok((statuses[401] ?? 0) <= 50, JSON.stringify(statuses));
  assert.ok((statuses[429] ?? 0) > 100, JSON.stringify(statuses));
});
