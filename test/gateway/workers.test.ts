import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { suite, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { fetchStatus } from '../../src/control/admin/client.ts';
import type { Status } from '../../src/model/status.ts';
import { type RunningSallyport, runSallyport, startSallyport } from '../support/sallyport.ts';
import { type Scope, sharedScope } from '../support/scope.ts';

const scope = sharedScope();
const port = await startApp(scope);

async function startApp(t: Scope): Promise<number> {
  const app = createServer((_request, response) => response.end('hello'));
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  t.after(() => void app.close());
  return (app.address() as AddressInfo).port;
}

const yaml = `listen: { http: 127.0.0.1:0, https: 127.0.0.1:0 }
logs: { access: off }
sites:
  secure.test: ${port}
  plain.test: { tls: off, to: ${port} }
`;
const start = (t: Scope, workers: number | string): Promise<RunningSallyport> =>
  startSallyport(t, `workers: ${workers}\n${yaml}`);

type Worker = Status['workers'][number];

const workersOf = async ({ directory }: RunningSallyport): Promise<readonly Worker[]> =>
  (await fetchStatus(`${directory}/state/control.sock`)).workers;

/** Asks until the workers are as `wanted`. */
async function workersWhen(
  gate: RunningSallyport,
  wanted: (workers: readonly Worker[]) => boolean,
): Promise<readonly Worker[]> {
  for (;;) {
    const workers = await workersOf(gate);
    if (wanted(workers)) return workers;
    await pause(20);
  }
}

async function open(gate: RunningSallyport): Promise<Socket> {
  const socket = connect(gate.http, '127.0.0.1');
  socket.setEncoding('latin1');
  await once(socket, 'connect');
  return socket;
}

/** The status line of the answer to a request. */
async function ask(socket: Socket): Promise<string> {
  const answer = once(socket, 'data');
  socket.write('GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n');
  return String((await answer)[0]).split('\r\n')[0]!;
}

const ok = 'HTTP/1.1 200 OK';

suite('workers', { concurrency: 3 }, () => {
  test('connections spread over all workers, whose state the status tells', async (t) => {
    const gate = await start(t, 3);
    const sockets = await Promise.all(Array.from({ length: 60 }, () => open(gate)));
    for (const socket of sockets) assert.equal(await ask(socket), ok);
    const workers = await workersOf(gate);
    assert.equal(new Set(workers.map(({ pid }) => pid)).size, 3);
    for (const { counters, pid, rssBytes, restarts, state } of workers) {
      assert.ok(counters.requests >= 5, `${pid} got ${counters.requests} of 60`);
      assert.notEqual(pid, gate.pid);
      assert.ok(rssBytes > 1_000_000);
      assert.deepEqual([restarts, state], [0, 'serving']);
    }
    const { counters } = await fetchStatus(`${gate.directory}/state/control.sock`);
    assert.deepEqual([counters.requests, counters.connections], [60, 60]);
    for (const socket of sockets) socket.destroy();
    const { stdout } = await runSallyport(['status', '-c', gate.configFile]);
    for (const { pid } of workers) assert.match(stdout, new RegExp(`worker ${pid} .*\\d+ MiB`));
  });

  test('a worker that is killed costs its own connections only, and is replaced', async (t) => {
    const gate = await start(t, 2);
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open(gate)));
    for (const socket of sockets) assert.equal(await ask(socket), ok);
    const [victim, survivor] = await workersOf(gate);
    let lost = 0;
    for (const socket of sockets) socket.on('error', () => {}).once('close', () => lost++);
    process.kill(victim!.pid, 'SIGKILL');
    const workers = await workersWhen(gate, (all) => all.length === 2 && all.every(({ pid }) => pid !== victim!.pid));
    for (let i = 0; i < 20; i++) {
      const socket = await open(gate);
      assert.equal(await ask(socket), ok);
      socket.destroy();
    }
    assert.equal(lost, victim!.counters.requests);
    assert.deepEqual(workers.map(({ restarts }) => restarts).sort(), [0, 1]);
    assert.ok(workers.some(({ pid }) => pid === survivor!.pid));
    assert.match(gate.output(), new RegExp(`error a worker has died pid=${victim!.pid} reason=SIGKILL`));
    const alive = sockets.filter(({ destroyed }) => !destroyed);
    for (const socket of alive) assert.equal(await ask(socket), ok);
    for (const socket of alive) socket.destroy();
  });

  test('a worker that is asked to end has a successor first, and finishes what it has begun', async (t) => {
    const gate = await start(t, 2);
    const socket = await open(gate);
    assert.equal(await ask(socket), ok);
    const owner = (await workersOf(gate)).find(({ counters }) => counters.connections === 1)!;
    process.kill(owner.pid, 'SIGTERM');
    const closed = once(socket, 'close');
    const workers = await workersWhen(gate, (all) => all.every(({ pid }) => pid !== owner.pid));
    await closed;
    assert.equal(workers.length, 2);
    assert.doesNotMatch(gate.output(), /died/);
  });

  test('workers that keep dying are reported and waited with, while the others serve all', async (t) => {
    const gate = await start(t, 2);
    const [steady] = await workersOf(gate);
    for (let death = 0; death < 4; death++) {
      const workers = await workersWhen(gate, (all) => all.length === 2);
      process.kill(workers.find(({ pid }) => pid !== steady!.pid)!.pid, 'SIGKILL');
      await workersWhen(gate, (all) => all.length === 1);
    }
    await gate.process.printed(/workers keep dying; waiting before the next is started delay=1000/);
    // The sockets of the empty place are lent to the worker that is left.
    for (let i = 0; i < 30; i++) {
      const socket = await open(gate);
      assert.equal(await ask(socket), ok);
      socket.destroy();
    }
    await workersWhen(gate, (all) => all.length === 2);
  });

  test('when the supervisor is killed, no worker holds its ports', async (t) => {
    const gate = await start(t, 2);
    const workers = await workersOf(gate);
    process.kill(gate.pid, 'SIGKILL');
    const isThere = ({ pid }: Worker): boolean => existsSync(`/proc/${pid}/exe`);
    while (workers.some(isThere)) await pause(10);
    // The last of a process that goes are its sockets.
    for (let code = ''; code !== 'ECONNREFUSED'; ) {
      const [error] = (await once(connect(gate.http, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
      code = error.code ?? '';
      assert.ok(code === 'ECONNRESET' || code === 'ECONNREFUSED', code);
    }
  });

  test('a session ticket of one worker is good at every other, also after that one has died', async (t) => {
    const gate = await start(t, 2);
    const handshake = async (session?: Buffer): Promise<TLSSocket> => {
      const host = { port: gate.https, host: '127.0.0.1', servername: 'secure.test', rejectUnauthorized: false };
      const socket = connectTls({ ...host, ...(session && { session }) });
      await once(socket, 'secureConnect');
      return socket;
    };
    const first = await handshake();
    const ticket = once(first, 'session') as Promise<[Buffer]>;
    first.write('GET / HTTP/1.1\r\nHost: secure.test\r\n\r\n');
    const [session] = await ticket;
    first.destroy();
    for (const { pid } of await workersOf(gate)) {
      process.kill(pid, 'SIGKILL');
      await workersWhen(gate, (all) => all.length === 2 && all.every((one) => one.pid !== pid));
    }
    for (let i = 0; i < 10; i++) {
      const socket = await handshake(session);
      assert.ok(socket.isSessionReused());
      socket.destroy();
    }
  });

  test('a reload can change the number of workers and where they listen', async (t) => {
    const gate = await start(t, 2);
    const kept = await open(gate);
    assert.equal(await ask(kept), ok);
    const owner = (await workersOf(gate)).find(({ counters }) => counters.connections === 1)!;
    const more = await gate.reload(`workers: 4\n${yaml.replace('https: 127.0.0.1:0', 'https: 127.0.0.2:0')}`);
    assert.equal(more.code, 0, more.stderr);
    await workersWhen(gate, (all) => all.length === 4);
    const { listeners } = await fetchStatus(`${gate.directory}/state/control.sock`);
    assert.deepEqual(listeners.map(({ host }) => host).sort(), ['127.0.0.1', '127.0.0.2']);
    assert.equal(await ask(kept), ok);
    for (let i = 0; i < 20; i++) {
      const socket = await open(gate);
      assert.equal(await ask(socket), ok);
      socket.destroy();
    }
    const fewer = await gate.reload(`workers: 2\n${yaml}`);
    assert.equal(fewer.code, 0, fewer.stderr);
    const workers = await workersWhen(gate, (all) => all.length === 2);
    if (workers.some(({ pid }) => pid === owner.pid)) assert.equal(await ask(kept), ok);
    kept.destroy();
  });

  test('a reload that cannot be served changes nothing at any worker', async (t) => {
    const gate = await start(t, 2);
    const busy = await startApp(t);
    const taken = yaml.replace('https: 127.0.0.1:0', `https: 127.0.0.1:${busy}`).replaceAll('plain.test', 'other.test');
    const refused = await gate.reload(`workers: 2\n${taken}`);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`port ${busy} is in use by `));
    for (let i = 0; i < 10; i++) {
      const socket = await open(gate);
      assert.equal(await ask(socket), ok);
      socket.destroy();
    }
  });

  test('connections of one address are counted over all workers', async (t) => {
    const gate = await startSallyport(t, `workers: 3\nlimits: { connectionsPerAddress: 4 }\n${yaml}`);
    const sockets = await Promise.all(Array.from({ length: 4 }, () => open(gate)));
    for (const socket of sockets) assert.equal(await ask(socket), ok);
    // Workers learn of each other's clients a moment later.
    for (let refused = 0; refused < 10; ) {
      const socket = connect(gate.http, '127.0.0.1');
      const answered = await ask(socket).catch(() => null);
      refused = answered === null ? refused + 1 : 0;
      socket.destroy();
    }
    const gone = sockets.pop()!;
    gone.destroy();
    for (let answer: string | null = null; answer !== ok; ) {
      const socket = connect(gate.http, '127.0.0.1');
      answer = await ask(socket).catch(() => null);
      socket.destroy();
    }
    for (const socket of sockets) assert.equal(await ask(socket), ok);
    for (const socket of sockets) socket.destroy();
  });

  test('one worker is no other process', async (t) => {
    const gate = await start(t, 1);
    const [worker, ...others] = await workersOf(gate);
    assert.deepEqual([worker!.pid, others], [gate.pid, []]);
  });
});
