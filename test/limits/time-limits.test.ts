import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { anyPorts, statuses } from '../exchange/support.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope, async ({ head, body, socket }) => {
  const path = head.split(' ')[1];
  if (path === '/silent') return null;
  if (path === '/hints') {
    for (let i = 0; i < 4; i++) {
      socket.write('HTTP/1.1 102 Processing\r\n\r\n');
      await delay(600);
    }
  }
  if (path === '/half') return 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf-';
  if (path === '/upload-answer') {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n');
    await body;
    return '0\r\n\r\n';
  }
  if (path === '/events') return 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n';
  if (path === '/big') {
    const piece = Buffer.alloc(1024 * 1024);
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${64 * piece.length}\r\n\r\n`);
    for (let i = 0; i < 64; i++) socket.write(piece);
    return null;
  }
  await body;
  return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
});
const sallyport = await startSallyport(
  scope,
  `${anyPorts}limits:
  handshakeTimeout: 1s
  headTimeout: 1s
  bodyIdle: 1s
  keepAlive: 1s
  connectTimeout: 1s
  responseTimeout: 1s
sites:
  localhost: ${backend.port}
  plain.test: { tls: off, to: ${backend.port} }
`,
);

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n`;

/** Sends `pieces` with a pause between them. */
async function drip(pieces: readonly string[], pause: number): Promise<string> {
  const socket = connect(sallyport.http, '127.0.0.1');
  socket.on('error', () => {});
  let text = '';
  socket.setEncoding('latin1').on('data', (piece: string) => {
    text += piece;
  });
  const closed = once(socket, 'close');
  for (const piece of pieces) {
    if (!socket.writable) break;
    socket.write(piece);
    await delay(pause);
  }
  await closed;
  return text;
}

test('a reader that stops is cut off, and the app with it', async () => {
  const seen = backend.requests.length;
  const socket = connect(sallyport.http, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write(get('/big'));
  const { socket: app } = await backend.request(seen);
  await new Promise((resolve) => app.once('close', resolve));
  let received = 0;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  socket.resume();
  await once(socket, 'close');
  assert.ok(received < 64 * 1024 * 1024);
});

suite('limits of time', { concurrency: true }, () => {
  test('an empty line behind a request begins no new one: the connection closes as an idle one, without an answer', async () => {
    const text = await drip(['GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n', '\r\n'], 100);
    assert.deepEqual(statuses(text), [200]);
  });

  test('a head that does not come to its end in time is 408, however it trickles', async () => {
    const pieces = ['GET / HTTP/1.1\r\nHost: plain.test\r\n', ...Array.from({ length: 20 }, (_, i) => `X-${i}: 1\r\n`)];
    const started = Date.now();
    assert.deepEqual(statuses(await drip(pieces, 200)), [408]);
    assert.ok(Date.now() - started < 4_500);
  });

  test('an upload that stops is 408', async () => {
    const head = 'POST / HTTP/1.1\r\nHost: plain.test\r\nContent-Length: 100\r\n\r\nhello';
    const { text, end } = await rawExchange(sallyport.http, head);
    assert.deepEqual(statuses(text), [408]);
    assert.match(text, /\r\nConnection: close\r\n/);
    assert.equal(end, 'closed');
  });

  test('an upload that goes on slowly is not cut', async () => {
    const head = 'POST / HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\nContent-Length: 5\r\n\r\n';
    assert.deepEqual(statuses(await drip([head, ...'hello'], 600)), [200]);
  });

  test('an upload behind the beginning of its answer is not cut while it goes on', async () => {
    const head = 'POST /upload-answer HTTP/1.1\r\nHost: plain.test\r\nContent-Length: 5\r\n\r\n';
    const text = await drip([head, ...'hello'], 600);
    assert.match(text, /\r\n2\r\nok\r\n0\r\n\r\n$/);
  });

  test('an app that does not answer is 504', async () => {
    const { text } = await rawExchange(sallyport.http, get('/silent'));
    assert.deepEqual(statuses(text), [504]);
  });

  test('an app that says it is at work is waited for', async () => {
    const { text } = await rawExchange(sallyport.http, get('/hints'));
    assert.deepEqual(statuses(text), [102, 102, 102, 102, 200]);
  });

  test('an answer that stops midway is broken off', async () => {
    const { text, end } = await rawExchange(sallyport.http, get('/half'));
    assert.match(text, /half-$/);
    assert.equal(end, 'closed');
  });

  test('a silent stream of events is not cut, unless its client has closed its side', async () => {
    const open = await rawExchange(sallyport.http, get('/events'), { milliseconds: 2_500 });
    assert.equal(open.end, 'deadline');
    const halfClosed = await rawExchange(sallyport.http, get('/events'), { halfClose: true });
    assert.notEqual(halfClosed.end, 'deadline');
    const { socket } = backend.requests.findLast(({ head }) => head.startsWith('GET /events '))!;
    assert.ok(socket.destroyed || (await once(socket, 'close')));
  });

  test('an idle connection is closed without a word, used or not', async () => {
    const unused = await rawExchange(sallyport.http, '');
    assert.deepEqual([unused.text, unused.end], ['', 'closed']);
    const used = await rawExchange(sallyport.http, 'GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n');
    assert.equal(used.end, 'closed');
    assert.deepEqual(statuses(used.text), [200]);
  });

  test('a handshake that does not come to its end is cut off', async () => {
    for (const bytes of ['', '\x16\x03\x01\x02\x00\x01']) {
      const started = Date.now();
      const { end } = await rawExchange(sallyport.https, bytes);
      assert.notEqual(end, 'deadline');
      assert.ok(Date.now() - started >= 900);
    }
  });
});
