import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { startWsServer } from '../support/websocket.ts';
import { anyPorts, ask, openSession } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope, ({ head }) =>
  head.startsWith('GET /slow') ? null : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
);
const ws = await startWsServer(scope);
const sites = `sites:\n  localhost: { routes: { /: ${backend.port}, /ws: ${ws.port} } }\n`;

/** A download of which three of nine bytes have come. */
async function begin(session: Awaited<ReturnType<typeof openSession>>) {
  const seen = backend.requests.length;
  const stream = session.request({ ':path': '/slow' });
  let text = '';
  stream.setEncoding('latin1').on('data', (piece: string) => {
    text += piece;
  });
  stream.on('error', () => {});
  const { socket } = await backend.request(seen);
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc');
  await once(stream, 'data');
  return { app: socket, ended: new Promise((resolve) => stream.once('close', resolve)), text: () => text, stream };
}

test('on SIGTERM a client is told by GOAWAY, its running answer is completed, and the exit is clean and soon', async (t) => {
  const sallyport = await startSallyport(t, `${anyPorts}limits: { drainTimeout: 60s }\n${sites}`);
  const session = await openSession(t, sallyport, 'localhost');
  const { app, ended, text, stream } = await begin(session);
  const goAway = once(session, 'goaway');
  sallyport.process.signal('SIGTERM');
  assert.equal((await goAway)[0], 0);
  app.write('defghi');
  await ended;
  assert.deepEqual([stream.rstCode, text()], [0, 'abcdefghi']);
  const started = Date.now();
  assert.equal((await sallyport.process.exited).code, 0);
  assert.ok(Date.now() - started < 6_000);
});

test('running answers, WebSockets and the connection itself survive reloads', async (t) => {
  const sallyport = await startSallyport(t, anyPorts + sites);
  const session = await openSession(t, sallyport, 'localhost');
  const { app, ended, text } = await begin(session);
  const tunnel = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/ws',
    'sec-websocket-version': '13',
  });
  tunnel.on('error', () => {});
  const [head] = await once(tunnel, 'response');
  assert.equal(head[':status'], 200);
  for (const more of ['limits: { headFields: 50 }\n', 'trustedProxies: [10.0.0.0/8]\n', '']) {
    const { code, stderr } = await sallyport.reload(anyPorts + more + sites);
    assert.equal(code, 0, stderr);
  }
  // A masked text frame `hi`; the server of the test sends it back.
  tunnel.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
  const [echo] = (await once(tunnel, 'data')) as [Buffer];
  assert.match(echo.toString('latin1'), /hi/);
  app.write('defghi');
  await ended;
  assert.equal(text(), 'abcdefghi');
  assert.equal((await ask(session, { ':path': '/' })).text, 'ok');
});
