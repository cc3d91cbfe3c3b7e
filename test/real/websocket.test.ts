import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { WebSocket } from 'ws';
import { needs } from '../support/parts.ts';
import { sharedScope } from '../support/scope.ts';
import { startWsServer, type WsServer } from '../support/websocket.ts';
import { type Gate, openGate } from './gate.ts';

const scope = sharedScope();
let app: WsServer;
let gate: Gate;
before(async () => {
  app = await startWsServer(scope);
  gate = await openGate(scope, { localhost: app.port });
});

async function open({ sallyport, rootFile } = gate): Promise<WebSocket> {
  const url = `wss://localhost:${sallyport.https}/chat?room=1`;
  const socket = new WebSocket(url, { ca: readFileSync(rootFile) });
  await once(socket, 'open');
  return socket;
}

async function echoOf(socket: WebSocket, message: string | Buffer): Promise<Buffer> {
  const answer = once(socket, 'message');
  socket.send(message);
  const [data] = await answer;
  return data as Buffer;
}

test('messages of every size come back as they were', async () => {
  const socket = await open();
  assert.equal(String(await echoOf(socket, 'hello')), 'hello');
  for (const size of [1, 125, 126, 65_535, 65_536, 3_000_000]) {
    const message = randomBytes(size);
    assert.ok(message.equals(await echoOf(socket, message)), `${size} bytes`);
  }
  socket.close();
  await once(socket, 'close');
});

test('the app sees the public name and the scheme in the upgrade request', async () => {
  const socket = await open();
  socket.close();
  const seen = app.requests.at(-1);
  assert.equal(seen?.host, `localhost:${gate.sallyport.https}`);
  assert.equal(seen?.['x-forwarded-proto'], 'https');
  assert.equal(seen?.['x-forwarded-for'], '127.0.0.1');
});

test("a close code and reason pass through, the client's and the app's", async () => {
  const [first, second] = [await open(), await open()];
  const [mine, theirs] = [...app.sockets].slice(-2);
  const seen = once(mine!, 'close');
  first.close(4001, 'from the client');
  assert.deepEqual(closing(await seen), [4001, 'from the client']);
  const told = once(second, 'close');
  theirs!.close(4002, 'from the app');
  assert.deepEqual(closing(await told), [4002, 'from the app']);
});

function closing([code, reason]: unknown[]): unknown[] {
  return [code, String(reason)];
}

test('pings are answered by the app', async () => {
  const socket = await open();
  const pong = once(socket, 'pong');
  socket.ping('are you there');
  assert.equal(String((await pong)[0]), 'are you there');
  socket.terminate();
});

test('a plain request to the same app is an ordinary one', needs('curl'), async () => {
  const { stdout, stderr } = await gate.curl('localhost', '/', '-w', '%{http_code}');
  assert.equal(stdout, 'WebSocket only\n426', stderr);
});

test('a stop leaves WebSockets open until the drain time-out, then closes them with a Close frame', async (t) => {
  const stopping = await openGate(t, { localhost: app.port }, { limits: { drainTimeout: '1s' } });
  const socket = await open(stopping);
  const closed = once(socket, 'close');
  stopping.sallyport.process.signal('SIGTERM');
  assert.equal(String(await echoOf(socket, 'still here')), 'still here');
  assert.deepEqual(closing(await closed)[0], 1001);
  assert.equal((await stopping.sallyport.process.exited).code, 0);
});

test('a reload leaves an open WebSocket as it is and serves a new site', needs('curl'), async () => {
  const socket = await open();
  const { sallyport } = gate;
  const before = readFileSync(sallyport.configFile, 'utf8');
  const reloaded = await sallyport.reload(before.replace('sites: {', `sites: {"new.test": ${app.port}, `));
  assert.equal(reloaded.code, 0, reloaded.stderr);
  assert.equal(String(await echoOf(socket, 'still here')), 'still here');
  assert.equal((await gate.curl('new.test', '/')).stdout, 'WebSocket only\n');
  socket.close();
});
