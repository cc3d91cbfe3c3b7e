import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import WebSocket from 'ws';
import { fetchStatus } from '../../src/control/admin/client.ts';
import { parseOwner } from '../../src/control/certificates/vault/owner.ts';
import { runCurl } from '../support/clients.ts';
import type { Finished } from '../support/process.ts';
import {
  type RunningSallyport,
  runSallyport,
  type SallyportOptions,
  sallyportEntry,
  startSallyport,
} from '../support/sallyport.ts';
import { type Scope, sharedScope, temporaryDirectory } from '../support/scope.ts';
import { startWsServer } from '../support/websocket.ts';

const scope = sharedScope();
const ws = await startWsServer(scope);
const yaml = (workers: number, more = ''): string => `workers: ${workers}
listen: { http: 127.0.0.1:0, https: 127.0.0.1:0 }
logs: { access: off }
limits: { drainTimeout: 4s }
sites:
  plain.test: { tls: off, to: ${ws.port} }
  secure.test: ${ws.port}
${more}`;

const start = (t: Scope, workers: number, options: SallyportOptions = {}): Promise<RunningSallyport> =>
  startSallyport(t, yaml(workers), { mayBeReplaced: true, ...options });
const controlOf = ({ directory }: RunningSallyport): string => join(directory, 'state/control.sock');
const pidOf = async (gate: RunningSallyport): Promise<number> => (await fetchStatus(controlOf(gate))).pid;
const upgrade = ({ configFile }: RunningSallyport): Promise<Finished> => runSallyport(['upgrade', '-c', configFile]);
const isThere = (pid: number): boolean => existsSync(`/proc/${pid}/exe`);

/** The app answers plain requests with 426. */
async function asksWell(gate: RunningSallyport): Promise<void> {
  const socket = connect(gate.http, '127.0.0.1').setEncoding('latin1');
  socket.write('GET / HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [string];
  assert.match(answer, /^HTTP\/1\.1 426 /);
  socket.destroy();
}

suite('an upgrade', { concurrency: 3 }, () => {
  for (const workers of [1, 2]) {
    test(`the program on disk takes over; requests and WebSockets go on meanwhile (workers: ${workers})`, async (t) => {
      const gate = await start(t, workers);
      const before = await pidOf(gate);
      const socket = new WebSocket(`ws://127.0.0.1:${gate.http}/`, { headers: { host: 'plain.test' } });
      await once(socket, 'open');
      const kept = connect(gate.http, '127.0.0.1').setEncoding('latin1');
      const ask = async (): Promise<string> => {
        kept.write('GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n');
        return String((await once(kept, 'data'))[0]);
      };
      assert.doesNotMatch(await ask(), /connection: close/i);

      let isDone = false;
      const upgraded = upgrade(gate).finally(() => {
        isDone = true;
      });
      for (let count = 0; !isDone || count < 10; count++) {
        await asksWell(gate);
        // There is a control socket at any time, and the lock is never free.
        assert.ok(isThere(await pidOf(gate)));
        const owner = parseOwner(await readFile(join(gate.directory, 'state/lock'), 'utf8'));
        assert.ok(owner && isThere(owner.pid));
      }
      const { code, stdout, stderr } = await upgraded;
      assert.equal(code, 0, stderr + gate.output());
      const after = await pidOf(gate);
      assert.notEqual(after, before);
      assert.match(stdout, new RegExp(`^version \\S+ serves \\(pid ${after}\\); pid ${before} drains\n$`));

      // The connection that was open is answered once more, and told to be the last.
      assert.match(await ask(), /connection: close/i);
      socket.send('still there');
      assert.equal(String((await once(socket, 'message'))[0]), 'still there');
      // At the deadline the old program ends.
      await once(socket, 'close');
      while (isThere(before)) await pause(20);
      await asksWell(gate);
      const { stdout: head } = await runCurl([
        ...['--insecure', '--head', '--resolve', `secure.test:${gate.https}:127.0.0.1`],
        `https://secure.test:${gate.https}/`,
      ]);
      assert.match(head, /^HTTP\/2 426/);
      assert.equal((await runSallyport(['stop', '-c', gate.configFile])).code, 0);
      while (isThere(after)) await pause(20);
      assert.ok(!existsSync(controlOf(gate)));
      assert.ok(!existsSync(join(gate.directory, 'state/lock')));
    });
  }

  test('an invalid configuration is told, and the old program goes on', async (t) => {
    const gate = await start(t, 1);
    const before = await pidOf(gate);
    await writeFile(gate.configFile, `state: ${gate.directory}/state\n${yaml(1, '  other.test: { tow: 1 }\n')}`);
    const { code, stderr } = await upgrade(gate);
    assert.equal(code, 2);
    assert.match(stderr, /sallyport\.yaml:9:\d+: sites\."other\.test"\.tow: unknown key/);
    assert.equal(await pidOf(gate), before);
    await asksWell(gate);
  });

  test('what stands on disk is what runs: a program that does not come up changes nothing, the next one takes over', async (t) => {
    const entry = join(await temporaryDirectory(t), 'gate.mjs');
    await writeFile(entry, `await import(${JSON.stringify(sallyportEntry)});\n`);
    const gate = await start(t, 2, { entry });
    const before = await pidOf(gate);

    await writeFile(entry, 'console.error("a broken version"); process.exit(3);\n');
    const { code, stderr } = await upgrade(gate);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /the new program does not take over; it ended \(exit code 3\)\n {2}cure: This one goes on serving/,
    );
    assert.match(gate.output(), /a broken version/);
    assert.equal(await pidOf(gate), before);
    await asksWell(gate);

    await writeFile(entry, `console.error("a later version"); await import(${JSON.stringify(sallyportEntry)});\n`);
    assert.equal((await upgrade(gate)).code, 0);
    assert.match(gate.output(), /a later version/);
    await asksWell(gate);
  });

  test('SIGUSR2 does the same, and the successor can serve with another number of workers and at other addresses', async (t) => {
    const gate = await start(t, 1);
    const before = await pidOf(gate);
    const more = yaml(2).replace('https: 127.0.0.1:0', 'https: 127.0.0.2:0');
    await writeFile(gate.configFile, `state: ${gate.directory}/state\n${more}`);
    process.kill(before, 'SIGUSR2');
    while ((await pidOf(gate)) === before) await pause(20);
    const { workers, listeners } = await fetchStatus(controlOf(gate));
    assert.equal(workers.length, 2);
    assert.deepEqual(listeners.map(({ host }) => host).sort(), ['127.0.0.1', '127.0.0.2']);
    await asksWell(gate);
    assert.match(gate.output(), /handed over pid=\d+ version=/);
  });
});
