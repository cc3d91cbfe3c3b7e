import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { test } from 'node:test';
import { freePort } from '../support/ports.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { answerOf, anyPorts, ask, openSession } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope, async ({ head, body, socket }) => {
  const path = head.split(' ')[1];
  if (path === '/204') return 'HTTP/1.1 204 No Content\r\nX-Kept: yes\r\n\r\n';
  if (path === '/304') return 'HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\nETag: "x"\r\n\r\n';
  if (path === '/length')
    return `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${head.startsWith('HEAD') ? '' : 'hello'}`;
  if (path === '/chunked')
    return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${head.startsWith('HEAD') ? '' : '3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n'}`;
  if (path === '/empty') return 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
  if (path === '/close') {
    socket.end('HTTP/1.1 200 OK\r\n\r\nhello');
    return null;
  }
  if (path === '/trailers')
    return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\nContent-Length: 3\r\nSet-Cookie: evil\r\n\r\n';
  if (path === '/hints') {
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: close\r\n\r\n');
    return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  }
  if (path === '/expect') socket.write('HTTP/1.1 100 Continue\r\n\r\n');
  if (path === '/never') return null;
  if (path === '/garbage') return 'SSH-2.0-OpenSSH\r\n\r\n';
  if (path === '/refuse') return 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno';
  await body;
  return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
});
const dead = await freePort();
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:\n  localhost: { routes: { /: ${backend.port}, /dead: ${dead} } }\n`,
);
const session = await openSession(scope, sallyport, 'localhost');

for (const path of ['/length', '/chunked', '/close']) {
  test(`${path}: the body arrives whole, and HEAD has none`, async () => {
    const whole = await ask(session, { ':path': path });
    assert.deepEqual([whole.status, whole.text], [200, 'hello']);
    assert.equal(whole.head['content-length'], path === '/length' ? '5' : undefined);
    if (path === '/close') return;
    const head = await ask(session, { ':path': path, ':method': 'HEAD' });
    assert.deepEqual([head.status, head.text], [200, '']);
    assert.equal(head.head['content-length'], path === '/length' ? '5' : undefined);
  });
}

test('an answer does not wait for that of another stream', async () => {
  const never = session.request({ ':path': '/never' });
  never.on('error', () => {});
  for (let round = 0; round < 20; round++) assert.equal((await ask(session, { ':path': '/length' })).text, 'hello');
  never.close(constants.NGHTTP2_CANCEL);
  await once(never, 'close');
});

for (const [path, status] of [
  ['/204', 204],
  ['/304', 304],
  ['/empty', 200],
] as const) {
  test(`${path} has no body`, async () => {
    const answer = await ask(session, { ':path': path });
    assert.deepEqual([answer.status, answer.text], [status, '']);
    assert.equal(answer.head['transfer-encoding'], undefined);
  });
}

test('trailers reach the client, but not those that frame or set', async () => {
  const { text, trailers } = await ask(session, { ':path': '/trailers' });
  assert.equal(text, 'hello');
  assert.deepEqual(Object.entries(trailers), [['x-sum', '42']]);
});

test('a body without a length arrives chunked at the app, its trailers too', async () => {
  const seen = backend.requests.length;
  const stream = session.request({ ':path': '/up', ':method': 'POST' }, { waitForTrailers: true, endStream: false });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }));
  const answer = answerOf(stream);
  stream.write('hello ');
  stream.end('world');
  assert.equal((await answer).text, 'ok');
  const { head, body } = await backend.request(seen);
  assert.match(head, /^transfer-encoding: chunked\r$/im);
  const text = (await body).toString();
  assert.equal(text.replace(/[0-9a-f]+\r\n((?:hello |world)+)\r\n/g, '$1'), 'hello world0\r\nx-sum: 42\r\n\r\n');
});

test('a body with a length keeps it', async () => {
  const seen = backend.requests.length;
  await ask(session, { ':path': '/up', ':method': 'PUT', 'content-length': 11 }, 'hello world');
  const { head, body } = await backend.request(seen);
  assert.match(head, /^content-length: 11\r$/im);
  assert.doesNotMatch(head, /transfer-encoding/i);
  assert.equal(String(await body), 'hello world');
});

test('an empty POST says so to the app', async () => {
  const seen = backend.requests.length;
  await ask(session, { ':path': '/up', ':method': 'POST' });
  const { head } = await backend.request(seen);
  assert.doesNotMatch(head, /transfer-encoding/i);
});

test('early hints come before the answer, without what belongs to the connection', async () => {
  const { early, text } = await ask(session, { ':path': '/hints' });
  assert.equal(text, 'ok');
  assert.deepEqual(
    [early[0]?.[':status'], early[0]?.link, early[0]?.connection],
    [103, '</a.css>; rel=preload', undefined],
  );
});

test('100 Continue comes from the app, and the body follows it', async () => {
  const seen = backend.requests.length;
  const stream = session.request({
    ':path': '/expect',
    ':method': 'POST',
    expect: '100-continue',
    'content-length': 5,
  });
  const answer = answerOf(stream);
  await once(stream, 'continue');
  const { head, received } = await backend.request(seen);
  assert.match(head, /^expect: 100-continue\r$/im);
  assert.equal(received().length, 0);
  stream.end('hello');
  assert.equal((await answer).text, 'ok');
});

test('an app that refuses what a client only announced: the answer arrives', async () => {
  const stream = session.request({
    ':path': '/refuse',
    ':method': 'POST',
    expect: '100-continue',
    'content-length': 5,
  });
  const { status, text } = await answerOf(stream);
  stream.close();
  assert.deepEqual([status, text], [403, 'no']);
});

test('an app that is not there is 502 with a page in the form that was asked for', async () => {
  const html = await ask(session, { ':path': '/dead', accept: 'text/html' });
  assert.deepEqual([html.status, html.head['content-type']], [502, 'text/html; charset=utf-8']);
  assert.match(html.text, /<html/);
  const json = await ask(session, { ':path': '/dead', accept: 'application/json' });
  assert.equal(json.head['content-type'], 'application/json');
  assert.equal(json.head['content-length'], String(json.body.length));
  const head = await ask(session, { ':path': '/dead', ':method': 'HEAD' });
  assert.deepEqual([head.status, head.text], [502, '']);
  assert.equal((await ask(session, { ':path': '/garbage' })).status, 502);
});

test('a hundred requests at once are answered each with its own', async () => {
  const paths = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? '/length' : '/chunked'));
  const answers = await Promise.all(paths.map((path) => ask(session, { ':path': path })));
  assert.deepEqual(new Set(answers.map(({ text }) => text)), new Set(['hello']));
});
