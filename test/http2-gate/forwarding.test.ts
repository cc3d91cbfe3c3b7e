import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headers } from '../http2/peer.ts';
import { greetHttp2 } from '../support/http2-peer.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, ask, openSession } from './support.ts';

const scope = sharedScope();
let answerFields = '';
const backend = await recordingBackend(scope, async ({ body }) => {
  await body;
  return `HTTP/1.1 200 OK\r\n${answerFields}Content-Length: 2\r\n\r\nok`;
});
const other = await recordingBackend(scope);
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:
  localhost:
    aliases: [alias.test]
    routes:
      /: ${backend.port}
      /api: { to: ${other.port}, stripPrefix: true }
      /moved: { redirect: https://localhost/elsewhere }
  other.test: ${other.port}
`,
);
const session = await openSession(scope, sallyport, 'localhost');

test('the app gets an HTTP/1.1 request that tells the truth about the client', async () => {
  const seen = backend.requests.length;
  const forged = {
    'x-forwarded-for': '6.6.6.6',
    'x-forwarded-proto': 'gopher',
    'x-forwarded-host': 'evil.test',
    'x-real-ip': '6.6.6.6',
    forwarded: 'for=6.6.6.6;proto=gopher;host=evil.test',
    proxy: 'http://evil.test',
  };
  await ask(session, { ':path': '/page?q=1', ':authority': 'localhost', 'x-kept': 'yes', ...forged });
  const { head } = await backend.request(seen);
  assert.doesNotMatch(head, /6\.6\.6|gopher|evil|^:/im);
  const [line, ...lines] = head.trimEnd().split('\r\n');
  assert.equal(line, 'GET /page?q=1 HTTP/1.1');
  const fields = lines.map((text) => text.replace(/^[^:]+/, (name) => name.toLowerCase()));
  const expected = [
    'host: localhost',
    'x-kept: yes',
    'x-forwarded-for: 127.0.0.1',
    'x-real-ip: 127.0.0.1',
    'x-forwarded-proto: https',
    'x-forwarded-host: localhost',
    'forwarded: for=127.0.0.1;host=localhost;proto=https',
    'via: 2.0 sallyport',
  ];
  for (const wanted of expected) assert.ok(fields.includes(wanted), `${wanted} in\n${head}`);
  assert.equal(fields.filter((text) => text.startsWith('host:')).length, 1);
});

test('cookie crumbs are joined to one field (RFC 9113 §8.2.3)', async () => {
  const seen = backend.requests.length;
  await ask(session, { ':path': '/', cookie: ['a=1', 'b=2', 'c=3'] });
  const { head } = await backend.request(seen);
  assert.deepEqual(head.match(/^cookie: .*(?=\r$)/gim), ['cookie: a=1; b=2; c=3']);
});

test('a request may name its host in Host instead of :authority, and in both', async (t) => {
  const peer = await greetHttp2(t, sallyport.https, 'localhost');
  const fields: [string, string][] = [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', '/'],
  ];
  peer.send(headers(1, [...fields, ['host', 'localhost']]));
  assert.equal((await peer.answer(1)).status, 200);
  peer.send(headers(3, [...fields, [':authority', 'localhost'], ['host', 'localhost']]));
  assert.equal((await peer.answer(3)).status, 200);
  assert.equal(backend.requests.at(-1)?.head.match(/^host:/gim)?.length, 1);
});

test('routes, stripped prefixes and redirects are those of the site', async () => {
  const seen = other.requests.length;
  assert.equal((await ask(session, { ':path': '/api/users?x' })).text, 'ok');
  const { head } = await other.request(seen);
  assert.match(head, /^GET \/users\?x HTTP\/1\.1\r\n/);
  assert.match(head, /\r\nX-Forwarded-Prefix: \/api\r\n/);
  const moved = await ask(session, { ':path': '/moved' });
  assert.deepEqual([moved.status, moved.head.location], [302, 'https://localhost/elsewhere']);
});

test('another site’s authority on this connection is 421, an alias is not, and the connection stays usable', async () => {
  const seen = other.requests.length;
  assert.equal((await ask(session, { ':path': '/', ':authority': 'other.test' })).status, 421);
  assert.equal((await ask(session, { ':path': '/', ':authority': 'unknown.test' })).status, 421);
  assert.equal((await ask(session, { ':path': '/', ':authority': 'alias.test' })).status, 200);
  assert.equal((await ask(session, { ':path': '/' })).status, 200);
  assert.equal(other.requests.length, seen);
});

test('connection fields of the app do not reach the client, its own addresses become public, cookies stay several', async () => {
  answerFields = [
    'Connection: keep-alive, X-Hop',
    'Keep-Alive: timeout=5',
    'X-Hop: 1',
    'Proxy-Connection: keep-alive',
    `Location: http://localhost:${backend.port}/next`,
    'Set-Cookie: a=1',
    'Set-Cookie: b=2',
    'X-Kept: yes',
    '',
  ].join('\r\n');
  const { head } = await ask(session, { ':path': '/' });
  answerFields = '';
  for (const name of ['connection', 'keep-alive', 'x-hop', 'proxy-connection', 'transfer-encoding'])
    assert.equal(head[name], undefined, name);
  assert.deepEqual(head['set-cookie'], ['a=1', 'b=2']);
  assert.equal(head['x-kept'], 'yes');
  assert.equal(head.via, '1.1 sallyport');
  assert.match(String(head.location), /^https:\/\/localhost(:\d+)?\/next$/);
});

test('te: trailers is allowed, priority is passed on', async () => {
  const seen = backend.requests.length;
  assert.equal((await ask(session, { ':path': '/', te: 'trailers', priority: 'u=1' })).status, 200);
  assert.match((await backend.request(seen)).head, /\r\npriority: u=1\r\n/i);
});
