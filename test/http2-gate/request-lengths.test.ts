/** RFC 9113 §8.1.1: a body that is not as long as announced never becomes a complete HTTP/1.1 request. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { data, headers } from '../http2/peer.ts';
import { greetHttp2 } from '../support/http2-peer.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope);
const sallyport = await startSallyport(scope, `${anyPorts}sites:\n  localhost: ${backend.port}\n`);

const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';
const post = (id: number, ...more: [string, string][]): Buffer =>
  headers(
    id,
    [[':method', 'POST'], [':scheme', 'https'], [':authority', 'localhost'], [':path', `/${id}`], ...more],
    more.at(-1)?.[0] === 'ends' ? 5 : 4,
  );
const get = (id: number): Buffer =>
  headers(id, [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', 'localhost'],
    [':path', '/good'],
  ]);

const lies: Readonly<Record<string, readonly Buffer[]>> = {
  'a body longer than announced': [post(1, ['content-length', '4']), data(1, `abcd${smuggled}`, true)],
  'a body longer than announced, in two frames': [
    post(1, ['content-length', '4']),
    data(1, 'abcd'),
    data(1, smuggled, true),
  ],
  'a body shorter than announced': [post(1, ['content-length', '40']), data(1, 'abcd', true)],
  'an empty body that was announced': [post(1, ['content-length', '4']), data(1, '', true)],
  'trailers before the announced body is whole': [
    post(1, ['content-length', '4']),
    data(1, 'ab'),
    headers(1, [['x-trailer', '1']]),
  ],
  'a body where none was announced': [post(1, ['content-length', '0']), data(1, smuggled, true)],
};

for (const [what, frames] of Object.entries(lies)) {
  test(`${what} is reset, and its connection to the app is never used again`, async (t) => {
    const peer = await greetHttp2(t, sallyport.https, 'localhost');
    const seen = backend.requests.length;
    peer.send(...frames);
    assert.equal(await peer.reset(1), 'PROTOCOL_ERROR');
    assert.equal(peer.headsOf(1).length, 0);
    peer.send(get(3));
    assert.equal((await peer.answer(3)).body, 'ok');
    const reached = backend.requests.slice(seen);
    const good = reached.find(({ head }) => head.startsWith('GET /good '));
    for (const request of reached.filter((one) => one !== good)) {
      assert.match(request.head, /^POST \/1 /);
      assert.notEqual(request.connection, good?.connection);
      assert.ok(!request.received().includes('/smuggled'));
      if (!request.socket.destroyed) await once(request.socket, 'close');
    }
  });
}

test('a head that announces a body and ends the stream is reset', async (t) => {
  const peer = await greetHttp2(t, sallyport.https, 'localhost');
  const seen = backend.requests.length;
  peer.send(post(1, ['content-length', '4'], ['ends', '1']));
  assert.equal(await peer.reset(1), 'PROTOCOL_ERROR');
  assert.equal(backend.requests.length, seen);
});

test('a body that looks like a request stays a body, chunked or with a length', async (t) => {
  const peer = await greetHttp2(t, sallyport.https, 'localhost');
  const seen = backend.requests.length;
  const length: [string, string] = ['content-length', `${smuggled.length}`];
  peer.send(post(1), data(1, smuggled, true), post(3, length), data(3, smuggled, true));
  await Promise.all([peer.answer(1), peer.answer(3)]);
  const reached = backend.requests.slice(seen);
  assert.deepEqual(reached.map(({ head }) => head.split(' ')[1]).sort(), ['/1', '/3']);
  for (const request of reached) {
    const chunked = /^transfer-encoding: chunked\r$/im.test(request.head);
    const [body] = [(await request.body).toString('latin1')];
    assert.equal(body, chunked ? `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n` : smuggled);
  }
});

test('a body without an end is never a whole request', async (t) => {
  const peer = await greetHttp2(t, sallyport.https, 'localhost');
  const seen = backend.requests.length;
  peer.send(post(1), data(1, 'begun'));
  const request = await backend.request(seen);
  while (!request.received().includes('begun')) await once(request.socket, 'data');
  peer.destroy();
  if (!request.socket.destroyed) await once(request.socket, 'close');
  assert.ok(!request.received().includes('\r\n0\r\n'), 'the last chunk was never sent');
});
