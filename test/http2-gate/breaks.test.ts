import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { FrameType } from '../../src/wire/http2/frames/frame-type.ts';
import { headers, setting } from '../http2/peer.ts';
import { greetHttp2 } from '../support/http2-peer.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, ask, countersOf, openSession } from './support.ts';

const scope = sharedScope();
/** Where the app answers `/shut`. */
const shut = Promise.withResolvers<Socket>();
const backend = await recordingBackend(scope, async ({ head, body, socket }) => {
  const path = head.split(' ')[1];
  if (path === '/silent' || path === '/upload') return null;
  if (path === '/half') return 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf-';
  if (path === '/half-chunk') return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf-\r\n';
  if (path === '/shut') shut.resolve(socket);
  if (path === '/big' || path === '/shut') {
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
  `${anyPorts}limits: { bodyIdle: 2s, responseTimeout: 1s }\nsites:\n  localhost: ${backend.port}\n`,
);
const patient = await startSallyport(scope, `${anyPorts}sites:\n  localhost: ${backend.port}\n`);

test('a client that resets its stream ends the request at the app, and goes on', async (t) => {
  const session = await openSession(t, patient, 'localhost');
  for (const path of ['/silent', '/half', '/upload']) {
    const seen = backend.requests.length;
    const stream = session.request({ ':path': path, ':method': 'POST' }, { endStream: path !== '/upload' });
    stream.on('error', () => {});
    if (path === '/upload') stream.write('begun');
    const { socket } = await backend.request(seen);
    if (path === '/half') await once(stream, 'response');
    stream.close(constants.NGHTTP2_CANCEL);
    if (!socket.destroyed) await once(socket, 'close');
  }
  assert.equal((await ask(session, { ':path': '/' })).text, 'ok');
});

test('a client that goes away ends all of its requests at the app', async (t) => {
  const session = await openSession(t, patient, 'localhost');
  const seen = backend.requests.length;
  for (let count = 0; count < 5; count++) session.request({ ':path': '/silent' }).on('error', () => {});
  const { socket } = await backend.request(seen + 4);
  session.destroy();
  if (!socket.destroyed) await once(socket, 'close');
});

for (const path of ['/half', '/half-chunk']) {
  test(`${path}: an app that dies within its answer is INTERNAL_ERROR on that stream alone`, async (t) => {
    const session = await openSession(t, patient, 'localhost');
    const seen = backend.requests.length;
    const stream = session.request({ ':path': path });
    stream.on('error', () => {});
    const closed = new Promise((resolve) => stream.once('close', resolve));
    const text: string[] = [];
    stream.setEncoding('latin1').on('data', (piece: string) => text.push(piece));
    await once(stream, 'data');
    (await backend.request(seen)).socket.destroy();
    await closed;
    assert.deepEqual([stream.rstCode, text.join('')], [constants.NGHTTP2_INTERNAL_ERROR, 'half-']);
    assert.equal((await ask(session, { ':path': '/' })).text, 'ok');
  });
}

suite('time limits', { concurrency: true }, () => {
  test('an app that stops within its answer is cut after bodyIdle', async (t) => {
    const session = await openSession(t, sallyport, 'localhost');
    const stream = session.request({ ':path': '/half' });
    stream.on('error', () => {}).resume();
    await new Promise((resolve) => stream.once('close', resolve));
    assert.equal(stream.rstCode, constants.NGHTTP2_INTERNAL_ERROR);
  });

  test('an app that does not answer is 504, an upload that stops is 408, and other streams go on', async (t) => {
    const session = await openSession(t, sallyport, 'localhost');
    const stuck = session.request({ ':path': '/upload', ':method': 'POST' }, { endStream: false });
    stuck.on('error', () => {}).resume();
    stuck.write('begun');
    const stopped = once(stuck, 'response');
    assert.equal((await ask(session, { ':path': '/silent' })).status, 504);
    const [head] = await stopped;
    assert.equal(head[':status'], 408);
    assert.equal((await ask(session, { ':path': '/' })).text, 'ok');
  });

  test('a stream whose window stays shut is reset after bodyIdle, is counted, and its app released', async (t) => {
    const before = await countersOf(sallyport);
    const peer = await greetHttp2(t, sallyport.https, 'localhost', setting(4, 0));
    const fields: [string, string][] = [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', 'localhost'],
    ];
    peer.send(headers(1, [...fields, [':path', '/shut']]));
    const socket = await shut.promise;
    const code = await peer.reset(1);
    assert.ok(code === 'CANCEL' || code === 'INTERNAL_ERROR', code);
    assert.equal(peer.of(FrameType.DATA).length, 0);
    if (!socket.destroyed) await once(socket, 'close');
    peer.send(headers(3, [...fields, [':path', '/nothing'], ['x-head', '1']]));
    await peer.until('the head of an answer', () => peer.headsOf(3).length > 0);
    const { http2 } = await countersOf(sallyport);
    t.diagnostic(`${code}, stalled streams ${http2.stalledStreams! - before.http2.stalledStreams!}`);
  });

  test('a reader that is slow but reads is not cut', async (t) => {
    const session = await openSession(t, sallyport, 'localhost');
    const stream = session.request({ ':path': '/big' });
    let received = 0;
    stream.on('data', (piece: Buffer) => {
      received += piece.length;
      if (received > 2 * 1024 * 1024) return;
      stream.pause();
      setTimeout(() => stream.resume(), 20);
    });
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stream.on('error', () => {});
    await closed;
    assert.equal(stream.rstCode, 0);
    assert.equal(received, 64 * 1024 * 1024);
  });
});
