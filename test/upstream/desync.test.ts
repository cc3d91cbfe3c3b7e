import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { anyPorts, bodyOf, statuses, whole } from '../exchange/support.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const backend = await recordingBackend(scope, async ({ head, body, socket }) => {
  const path = head.split(' ')[1] ?? '';
  switch (path) {
    case '/early':
      return 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly';
    case '/early-head':
      return 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf-';
    case '/extra':
      return `${ok}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`;
    case '/extra-chunked':
      return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
    case '/extra-304':
      return 'HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil';
    case '/later':
      setImmediate(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'));
      return ok;
    case '/short':
      setTimeout(() => socket.end(), 50);
      return 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf-';
    case '/short-reset':
      setTimeout(() => socket.resetAndDestroy(), 50);
      return 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf-';
    case '/short-chunked':
      setTimeout(() => socket.end(), 50);
      return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf-\r\n';
    case '/reset-close':
      setTimeout(() => socket.resetAndDestroy(), 50);
      return 'HTTP/1.1 200 OK\r\n\r\nhalf-';
    case '/bad-chunk':
      setTimeout(() => socket.write('zz\r\n'), 50);
      return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf-\r\n';
  }
  await body;
  return ok;
});
const sallyport = await startSallyport(scope, `${anyPorts}sites:\n  plain.test: { tls: off, to: ${backend.port} }\n`);

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n`;
const send = (bytes: string | string[]) => rawExchange(sallyport.http, bytes);

/** The next request of another client is answered with its own answer. */
async function assertUnpoisoned(): Promise<void> {
  for (let i = 0; i < 3; i++) assert.equal(bodyOf((await send(get('/next'))).text), 'ok');
}

test('an answer before the end of the request: both connections are closed', async () => {
  const seen = backend.requests.length;
  const { text, end } = await send('POST /early HTTP/1.1\r\nHost: plain.test\r\nContent-Length: 100\r\n\r\nhello');
  assert.equal(bodyOf(text), 'early');
  assert.match(text, /\r\nConnection: close\r\n/);
  assert.equal(end, 'closed');
  const { connection } = await backend.request(seen);
  await assertUnpoisoned();
  assert.ok(backend.requests.slice(seen + 1).every((request) => request.connection !== connection));
});

test('what follows such a request is not taken for another one', async () => {
  const seen = backend.requests.length;
  const { text } = await send([
    'POST /early HTTP/1.1\r\nHost: plain.test\r\nContent-Length: 100\r\n\r\n',
    'GET /smuggled HTTP/1.1\r\nHost: plain.test\r\n\r\n',
  ]);
  assert.deepEqual(statuses(text), [200]);
  await assertUnpoisoned();
  assert.ok(backend.requests.slice(seen).every(({ head }) => !head.includes('/smuggled')));
});

test('a client that leaves while its request is being sent takes the app’s connection with it', async () => {
  const seen = backend.requests.length;
  const socket = connect(sallyport.http, '127.0.0.1');
  socket.write('POST /waiting HTTP/1.1\r\nHost: plain.test\r\nContent-Length: 100\r\n\r\nhello');
  const request = await backend.request(seen);
  const closed = once(request.socket, 'close');
  socket.resetAndDestroy();
  await closed;
  await assertUnpoisoned();
});

test('a client that leaves in the middle of an answer takes the app’s connection with it', async () => {
  const seen = backend.requests.length;
  const socket = connect(sallyport.http, '127.0.0.1');
  socket.write('GET /early-head HTTP/1.1\r\nHost: plain.test\r\n\r\n');
  await once(socket, 'data');
  const request = await backend.request(seen);
  const closed = once(request.socket, 'close');
  socket.resetAndDestroy();
  await closed;
  await assertUnpoisoned();
});

for (const path of ['/extra', '/extra-chunked', '/later', '/extra-304']) {
  test(`bytes behind an answer (${path}) are nobody’s answer`, async () => {
    const seen = backend.requests.length;
    const { text } = await send(get(path));
    assert.deepEqual(statuses(text), [path === '/extra-304' ? 304 : 200]);
    assert.doesNotMatch(text, /evil/);
    if (path === '/later') await delay(50);
    const { connection } = await backend.request(seen);
    await assertUnpoisoned();
    assert.ok(backend.requests.slice(seen + 1).every((request) => request.connection !== connection));
  });
}

test('bytes on an idle connection close it', async () => {
  const seen = backend.requests.length;
  await send(get('/next'));
  const { socket } = await backend.request(seen);
  const closed = once(socket, 'close');
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
  await closed;
  await assertUnpoisoned();
});

test('an app that ends within a length: the client sees that something is missing', async () => {
  for (const path of ['/short', '/short-reset']) {
    const { text } = await send(get(path));
    assert.match(text, /\r\nContent-Length: 10\r\n/);
    assert.equal(bodyOf(text), 'half-');
  }
});

test('an app that ends within chunks: there is no last chunk', async () => {
  for (const path of ['/short-chunked', '/bad-chunk']) {
    const { text } = await send(get(path));
    assert.match(text, /\r\nTransfer-Encoding: chunked\r\n/);
    assert.doesNotMatch(bodyOf(text), /(?:^|\n)0\r\n/);
  }
});

test('an app that resets a body without length: no last chunk for HTTP/1.1, a reset for HTTP/1.0', async () => {
  assert.equal(bodyOf((await send(get('/reset-close'))).text), '5\r\nhalf-\r\n');
  const old = await send('GET /reset-close HTTP/1.0\r\nHost: plain.test\r\n\r\n');
  assert.equal(old.end, 'reset');
});

test('ordinary connections are used again', async () => {
  const seen = backend.requests.length;
  const two = 'GET /a HTTP/1.1\r\nHost: plain.test\r\n\r\nGET /b HTTP/1.1\r\nHost: plain.test\r\n\r\n';
  await rawExchange(sallyport.http, two, { until: whole(2) });
  assert.equal(backend.requests[seen]?.connection, backend.requests[seen + 1]?.connection);
});
