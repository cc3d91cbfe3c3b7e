import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FrameType } from '../../src/wire/http2/frames/frame-type.ts';
import { headers, setting, settings, windowUpdate } from '../http2/peer.ts';
import { greetHttp2, type Http2Peer } from '../support/http2-peer.ts';
import { recordingBackend, type Script } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, countersOf } from './support.ts';

const scope = sharedScope();
const kibibyte = 1024;
const answer: Script = ({ head, socket }) => {
  if (head.startsWith('GET /trailers')) {
    const body = 'x'.repeat(20_000);
    return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n${body}\r\n0\r\nX-Sum: 42\r\n\r\n`;
  }
  const size = Number(head.split(' ')[1]?.slice(1));
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
  socket.write(Buffer.alloc(size));
  return null;
};
const backend = await recordingBackend(scope, answer);
const untaken = await recordingBackend(scope, answer);
const sallyport = await startSallyport(
  scope,
  `${anyPorts}limits: { bodyIdle: 1s }\nsites:\n  localhost: ${backend.port}\n  untaken.test: { tls: internal, to: ${untaken.port} }\n`,
);
/** Answers to its clients are not cut while they wait. */
const patient = await startSallyport(scope, `${anyPorts}sites:\n  localhost: ${backend.port}\n`);
const initialWindow = (size: number): Buffer => setting(4, size);
const get = (id: number, size: number, site = 'localhost'): Buffer =>
  headers(id, [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', site],
    [':path', `/${size}`],
  ]);

function received(peer: Http2Peer, id?: number): number {
  return peer.of(FrameType.DATA, id).reduce((sum, { payload }) => sum + payload.length, 0);
}

suite('bodyIdle', { concurrency: true }, () => {
  test('a client that opens its window by little and little gets its whole answer', async (t) => {
    const size = 512 * kibibyte;
    const peer = await greetHttp2(t, sallyport.https, 'localhost', initialWindow(16 * kibibyte));
    peer.send(windowUpdate(0, 1 << 24), get(1, size));
    const timer = setInterval(() => peer.send(windowUpdate(1, 12 * kibibyte)), 100);
    t.after(() => clearInterval(timer));
    assert.equal((await peer.answer(1)).body.length, size);
  });

  test('many large answers at once on a slow connection all arrive, though each waits long for its turn', async (t) => {
    const size = 768 * kibibyte;
    const streams = Array.from({ length: 40 }, (_, index) => 2 * index + 1);
    const peer = await greetHttp2(t, sallyport.https, 'localhost', initialWindow(1 << 30));
    const { socket } = peer;
    peer.send(windowUpdate(0, 1 << 30), ...streams.map((id) => get(id, size)));
    let seen = 0;
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.length;
      if (seen < 256 * kibibyte) return;
      seen = 0;
      socket.pause();
      setTimeout(() => socket.resume(), 60);
    });
    for (const id of streams) assert.equal((await peer.answer(id, 60_000)).body.length, size);
  });

  test('a client that reads nothing at all is cut after bodyIdle, and its apps are released', async (t) => {
    const before = await countersOf(sallyport);
    const peer = await greetHttp2(t, sallyport.https, 'untaken.test', initialWindow(1 << 30));
    peer.send(windowUpdate(0, 1 << 30), ...[1, 3, 5, 7].map((id) => get(id, 64 * 1024 * kibibyte, 'untaken.test')));
    peer.socket.pause();
    for (let index = 0; index < 4; index++) {
      const { socket } = await untaken.request(index);
      if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve));
    }
    const { http2 } = await countersOf(sallyport);
    assert.equal(http2.stalledStreams! - before.http2.stalledStreams!, 4);
    assert.ok(received(peer) < 64 * 1024 * kibibyte);
  });
});

test('a hundred answers that wait for their windows all come when these open', async (t) => {
  const size = 512 * kibibyte;
  const streams = Array.from({ length: 100 }, (_, index) => 2 * index + 1);
  const peer = await greetHttp2(t, patient.https, 'localhost', initialWindow(1));
  peer.send(windowUpdate(0, 1 << 30), ...streams.map((id) => get(id, size)));
  await peer.until('the first octets', () => received(peer) >= 16, 30_000);
  peer.send(settings(initialWindow(1 << 20)));
  for (const id of streams) assert.equal((await peer.answer(id, 60_000)).body.length, size);
});

test('trailers wait for the body before them, and the next answers for both', async (t) => {
  const peer = await greetHttp2(t, patient.https, 'localhost', initialWindow(1000));
  const path = (id: number): Buffer =>
    headers(id, [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', 'localhost'],
      [':path', '/trailers'],
    ]);
  peer.send(path(1));
  await peer.until('what the window lets out', () => received(peer, 1) === 1000);
  peer.send(path(3));
  await peer.until('the same of another', () => received(peer, 3) === 1000);
  assert.deepEqual([peer.headsOf(1).length, peer.headsOf(3).length], [1, 1]);
  peer.send(windowUpdate(3, 1 << 20), windowUpdate(1, 1 << 20));
  for (const id of [1, 3]) {
    assert.equal((await peer.answer(id)).body.length, 20_000);
    assert.deepEqual(peer.headsOf(id).at(-1), ['x-sum: 42']);
  }
});
