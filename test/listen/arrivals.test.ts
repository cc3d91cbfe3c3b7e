import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { AcceptedConnection } from '../../src/traffic/exchange/accepted-connection.ts';
import {
  connectTcp,
  curl,
  isTurnedAway,
  makePair,
  receiveAll,
  run,
  site,
  snapshot,
  startListeners,
} from './support.ts';

const pair = makePair('ec', 'alpha.example');
const sites = [site(['alpha.example'], pair)];
const serving = snapshot(sites);
const hellos: Record<string, string> = JSON.parse(
  readFileSync(new URL('../../src/wire/tls/client-hello.corpus.json', import.meta.url), 'utf8'),
);

/** Passes a client's octets on to `port` in pieces of `size`, one a turn. */
async function startSlicer(t: TestContext, port: number, size: number): Promise<number> {
  const server = createServer({ noDelay: true }, async (client) => {
    const target = await connectTcp(port);
    target.setNoDelay(true);
    target.pipe(client);
    target.on('error', () => client.destroy());
    client.on('error', () => target.destroy());
    client.on('close', () => target.destroy());
    const waiting: Buffer[] = [];
    client.on('data', async (octets: Buffer) => {
      if (waiting.push(octets) > 1) return;
      for (let chunk = waiting[0]; chunk; chunk = waiting[0]) {
        for (let at = 0; at < chunk.length; at += size) {
          target.write(chunk.subarray(at, at + size));
          await setImmediate();
        }
        waiting.shift();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port: own }: AddressInfo = JSON.parse(JSON.stringify(server.address()));
  return own;
}

test('a handshake that arrives octet by octet is served', async (t) => {
  const { port } = await startListeners(t, serving);
  for (const size of [1, 100]) {
    const slicer = await startSlicer(t, port, size);
    for (const version of ['1.2', '1.3']) {
      const { output } = await curl('alpha.example', slicer, '--tls-max', version);
      assert.match(output, new RegExp(`"tlsVersion":"TLSv${version}"`));
    }
  }
});

test('handshakes that take too long are cut off and counted, finished ones are not', async (t) => {
  const { port, listeners, log } = await startListeners(t, snapshot(sites, { handshakeTimeout: 300 }));
  const finished = connectTls({ port, host: '127.0.0.1', servername: 'alpha.example', rejectUnauthorized: false });
  await once(finished, 'secureConnect');
  const silent = await connectTcp(port);
  const halfway = await connectTcp(port);
  halfway.write(Buffer.from(hellos.openssl ?? '', 'hex').subarray(0, 100));
  const afterHello = await connectTcp(port);
  afterHello.write(Buffer.from(hellos.openssl ?? '', 'hex'));
  const slow = [silent, halfway, afterHello].map(receiveAll);
  await Promise.all(slow);
  assert.equal(listeners.counters.failedHandshakes, 3);
  assert.deepEqual(new Set(log.lines.map(({ facts }) => facts.reason)), new Set(['took too long']));
  finished.end('GET / HTTP/1.1\r\n\r\n');
  const [answer]: unknown[] = await once(finished, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 200 OK/);
});

test('connections from one address are limited, and places become free again', async (t) => {
  const { port, listeners, log } = await startListeners(t, snapshot(sites, { connectionsPerAddress: 2 }));
  const first = await connectTcp(port);
  const second = await connectTcp(port);
  assert.ok(await isTurnedAway(port));
  assert.ok(await isTurnedAway(port));
  assert.equal(listeners.counters.overLimit, 2);
  assert.deepEqual(log.lines, [
    {
      level: 'warn',
      message: 'connection limit reached, connections are being refused',
      facts: { client: '127.0.0.1', limit: 'connectionsPerAddress' },
    },
  ]);
  first.destroy();
  second.destroy();
  while (listeners.counters.open > 0) await setImmediate();
  assert.match((await curl('alpha.example', port)).output, /alpha\.example/);
});

test('trusted proxies are not limited per address, but in all', async (t) => {
  const proxied = { ...snapshot(sites, { connectionsPerAddress: 1, connections: 3 }), trustedProxies: ['127.0.0.0/8'] };
  const { port, listeners } = await startListeners(t, proxied);
  for (let count = 0; count < 3; count++) await connectTcp(port);
  assert.ok(await isTurnedAway(port));
  assert.equal(listeners.counters.open, 3);
  assert.equal(listeners.counters.overLimit, 1);
});

test('plain HTTP on the HTTPS port gets a page that says what to do', async (t) => {
  const { port, listeners } = await startListeners(t, serving);
  const url = `http://alpha.example:${port}/x`;
  const args = ['-sS', '-i', '--max-time', '10', '--connect-to', `alpha.example:${port}:127.0.0.1:${port}`, url];
  const { output, code } = await run('curl', args);
  assert.equal(code, 0);
  assert.match(output, /^HTTP\/1\.1 400 Bad Request\r?\n/);
  assert.ok(output.includes(`<a href="https://alpha.example:${port}/">`), output);
  const upload = await run('curl', [...args, '-H', 'Expect:', '--data-binary', 'x'.repeat(100_000)]);
  assert.match(upload.output, /^HTTP\/1\.1 400 Bad Request\r?\n/);
  const nasty = await connectTcp(port);
  nasty.write('GET / HTTP/1.1\r\nHost: "><script>\r\n\r\n');
  const answer = (await receiveAll(nasty)).toString();
  assert.match(answer, /400 Bad Request/);
  assert.ok(!answer.includes('<script>'));
  assert.equal(listeners.counters.plainHttp, 3);
});

test('whatever comes in is refused without harm, and every connection is let go', async (t) => {
  const { port, listeners, log } = await startListeners(t, snapshot(sites, { handshakeTimeout: 100 }));
  const hello = Buffer.from(hellos.curl ?? '', 'hex');
  const sendAndLeave = async (octets: Buffer, leave: (socket: Socket) => void): Promise<void> => {
    const socket = await connectTcp(port);
    const gone = receiveAll(socket);
    if (octets.length > 0) socket.write(octets);
    leave(socket);
    await gone;
  };
  const leavings = [
    (socket: Socket) => socket.end(),
    (socket: Socket) => socket.resetAndDestroy(),
    (socket: Socket) => void socket.once('data', () => socket.destroy()),
  ];
  for (let round = 0; round < 200; round++) {
    const octets = Buffer.from(hello);
    if (round % 4 !== 0)
      for (let n = 0; n < 3; n++) octets[(round * 31 + n * 97) % octets.length] = (round * 7 + n) & 255;
    const cut = round % 5 === 0 ? round : octets.length;
    const behind = round % 3 === 0 ? Buffer.alloc(round * 10, round) : Buffer.alloc(0);
    const leave = leavings[round % leavings.length]!;
    await sendAndLeave(Buffer.concat([octets.subarray(0, cut), behind]), leave);
  }
  while (listeners.counters.open > 0) await setImmediate();
  assert.equal(listeners.counters.accepted, 200);
  // A client that resets before it is accepted leaves no address: it is counted, but has no handshake that could fail.
  assert.ok(listeners.counters.failedHandshakes > 150);
  assert.equal(log.lines.length, listeners.counters.failedHandshakes);
  assert.match((await curl('alpha.example', port)).output, /alpha\.example/);
});

test('a handler that throws costs its connection only', async (t) => {
  const onConnection = (): void => {
    throw new Error('broken');
  };
  const { port, log } = await startListeners(t, serving, { onConnection });
  await curl('alpha.example', port);
  await curl('alpha.example', port);
  assert.deepEqual(
    log.lines.map(({ level, facts }) => [level, facts.reason]),
    [
      ['error', 'broken'],
      ['error', 'broken'],
    ],
  );
});

test('the HTTP port hands over the socket as it is', async (t) => {
  const { port, connections } = await startListeners(t, serving, {}, 'http');
  const { output } = await run('curl', ['-sS', '--max-time', '10', `http://127.0.0.1:${port}/`]);
  assert.deepEqual(JSON.parse(output), {
    site: null,
    serverName: '',
    tlsVersion: '',
    cipher: '',
    remoteAddress: '127.0.0.1',
  });
  assert.equal(connections[0]?.socket, connections[0]?.raw);
  assert.equal(connections[0]?.secure, false);
});

test('a client that closes its side after the request still gets the answer', async (t) => {
  const onConnection = ({ socket }: AcceptedConnection): void => {
    socket.resume();
    socket.once('end', () => setTimeout(() => socket.end('late answer'), 50));
  };
  for (const scheme of ['https', 'http'] as const) {
    const { port } = await startListeners(t, serving, { onConnection }, scheme);
    const options = { port, host: '127.0.0.1', allowHalfOpen: true };
    const client =
      scheme === 'http'
        ? connect(options)
        : connectTls({ ...options, servername: 'alpha.example', rejectUnauthorized: false });
    client.end('request');
    assert.equal((await receiveAll(client)).toString(), 'late answer');
  }
});
