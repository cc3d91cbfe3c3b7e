import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { rawExchange } from '../support/raw-exchange.ts';
import { type RecordedRequest, recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, statuses, whole } from './support.ts';

const scope = sharedScope();
const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: thing\r\nX-App: 1\r\n\r\n';
/** What came over each upgraded connection behind the request. */
const tunnelled = new Map<Socket, string>();
const backend = await recordingBackend(scope, async ({ head, socket }) => {
  if (head.includes(' /refused ')) return 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno';
  if (head.includes(' /plain ')) return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  tunnelled.set(socket, '');
  socket.removeAllListeners('end');
  socket.removeAllListeners('data');
  socket.on('data', (piece: Buffer) => {
    const text = (tunnelled.get(socket) ?? '') + piece.toString('latin1', 0, 64);
    tunnelled.set(socket, text.slice(-1024));
  });
  return `${switching}early from app`;
});
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:\n  localhost: ${backend.port}\n  plain.test: { tls: off, to: ${backend.port} }\n`,
);
// A gate that stops waits for tunnels of which one end is open.
scope.after(() => {
  for (const socket of tunnelled.keys()) socket.destroy();
});

const upgrade = (path = '/', host = 'plain.test') =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: upgrade\r\nUpgrade: thing\r\n\r\n`;

interface Opened {
  readonly client: Socket;
  readonly app: RecordedRequest;
  /** Waits until the client has received this. */
  received(text: string): Promise<void>;
}

async function open(secure = false): Promise<Opened> {
  const seen = backend.requests.length;
  const client: Socket = secure
    ? connectTls({
        port: sallyport.https,
        host: '127.0.0.1',
        servername: 'localhost',
        rejectUnauthorized: false,
        allowHalfOpen: true,
      } as ConnectionOptions)
    : connect({ port: sallyport.http, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => {});
  let text = '';
  client.on('data', (piece: Buffer) => {
    text += piece.toString('latin1');
  });
  client.write(upgrade('/', secure ? 'localhost' : 'plain.test'));
  const received = async (wanted: string): Promise<void> => {
    while (!text.includes(wanted)) await once(client, 'data');
  };
  await received('early from app');
  assert.match(text, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  assert.match(text, /\r\nConnection: Upgrade\r\nUpgrade: thing\r\n/);
  assert.match(text, /\r\nX-App: 1\r\n/);
  return { client, app: await backend.request(seen), received };
}

async function appReceived({ socket }: RecordedRequest, wanted: string): Promise<void> {
  while (!tunnelled.get(socket)?.includes(wanted)) await once(socket, 'data');
}

test('bytes right behind the request head and right behind the 101 head arrive', async () => {
  const seen = backend.requests.length;
  const { text } = await rawExchange(sallyport.http, `${upgrade()}early from client`, {
    until: (all) => all.includes('early from app'),
  });
  assert.deepEqual(statuses(text), [101]);
  const request = await backend.request(seen);
  assert.match(request.head, /\r\nConnection: Upgrade\r\nUpgrade: thing\r\n/);
  await appReceived(request, 'early from client');
});

test('a refused upgrade is an ordinary response and the connection stays usable', async () => {
  const { text } = await rawExchange(
    sallyport.http,
    `${upgrade('/refused')}GET /plain HTTP/1.1\r\nHost: plain.test\r\n\r\n`,
    { until: whole(2) },
  );
  assert.deepEqual(statuses(text), [403, 200]);
});

test('nothing behind the head reaches an app that has not switched', async () => {
  const seen = backend.requests.length;
  const { text, end } = await rawExchange(sallyport.http, `${upgrade('/refused')}\x81\x85hello frame`);
  assert.deepEqual(statuses(text), [403, 400]);
  assert.equal(end, 'closed');
  assert.equal((await backend.request(seen)).received().length, 0);
});

test('a switch before the request body has ended is 502', async () => {
  const { text } = await rawExchange(
    sallyport.http,
    'POST / HTTP/1.1\r\nHost: plain.test\r\nConnection: upgrade\r\nUpgrade: thing\r\nContent-Length: 50\r\n\r\nhello',
  );
  assert.deepEqual(statuses(text), [502]);
});

for (const secure of [false, true]) {
  const way = secure ? 'HTTPS' : 'HTTP';

  test(`${way}: the client’s half-close reaches the app, which can still send`, async () => {
    const { client, app, received } = await open(secure);
    const ended = once(app.socket, 'end');
    client.end('last words');
    await Promise.all([ended, appReceived(app, 'last words')]);
    const closed = once(client, 'end');
    app.socket.end('answer to them');
    await Promise.all([received('answer to them'), closed]);
  });

  test(`${way}: the app’s half-close reaches the client, which can still send`, async () => {
    const { client, app } = await open(secure);
    const ended = once(client, 'end');
    app.socket.end();
    await ended;
    client.write('answer to that');
    await appReceived(app, 'answer to that');
    client.end();
    await once(app.socket, 'close');
  });

  test(`${way}: the app’s reset reaches the client`, async () => {
    const { client, app } = await open(secure);
    const failed = once(client, 'error');
    app.socket.resetAndDestroy();
    const [error] = (await failed) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNRESET');
  });
}

test('the client’s reset reaches the app', async () => {
  const { client, app } = await open();
  const failed = once(app.socket, 'error');
  client.resetAndDestroy();
  const [error] = (await failed) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNRESET');
});

test('an app that does not read stops the client, and a client that does not read stops the app', async () => {
  const { client, app } = await open();
  const most = 64 * 1024 * 1024;
  for (const [from, to] of [
    [client, app.socket],
    [app.socket, client],
  ] as const) {
    to.pause();
    const piece = Buffer.alloc(1024 * 1024, 1);
    let taken = 0;
    for (; taken < most; taken += piece.length) {
      const written = new Promise<boolean>((resolve) => from.write(piece, () => resolve(true)));
      const stalled = new Promise<boolean>((resolve) => setTimeout(resolve, 500, false));
      if (!(await Promise.race([written, stalled]))) break;
    }
    assert.ok(taken < most, `${taken} bytes were taken`);
    let arrived = 0;
    to.on('data', (chunk: Buffer) => {
      arrived += chunk.length;
    });
    to.resume();
    while (arrived < taken + piece.length) await once(to, 'data');
  }
  client.destroy();
});
