/** RFC 9113 §8.1.1, §8.2.1, §8.2.2, §8.3: a malformed request is a stream error, and nothing of it reaches the app. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headers } from '../http2/peer.ts';
import { greetHttp2 } from '../support/http2-peer.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, countersOf } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope);
const sallyport = await startSallyport(scope, `${anyPorts}sites:\n  localhost: ${backend.port}\n`);

type Fields = readonly (readonly [string, string])[];
const method = [':method', 'GET'] as const;
const scheme = [':scheme', 'https'] as const;
const authority = [':authority', 'localhost'] as const;
const path = [':path', '/'] as const;
const good: Fields = [method, scheme, authority, path];
const plus = (name: string, value: string): Fields => [...good, [name, value]];
const withPath = (value: string): Fields => [method, scheme, authority, [':path', value]];
const withAuthority = (value: string): Fields => [method, scheme, [':authority', value], path];

const malformed: Readonly<Record<string, Fields>> = {
  'a line feed in a value': plus('x', 'a\nEvil: 1'),
  'a carriage return and a line feed in a value': plus('x', 'a\r\nEvil: 1'),
  'a carriage return in a value': plus('x', 'a\rb'),
  'a NUL in a value': plus('x', 'a\0b'),
  'a value that begins with a space': plus('x', ' a'),
  'a value that ends with a tab': plus('x', 'a\t'),
  'a line feed in a name': plus('x\nevil', '1'),
  'a colon in a name': plus('x:evil', '1'),
  'a space before a name': plus(' x', '1'),
  'a space in a name': plus('x y', '1'),
  'an upper-case name': plus('X-Upper', '1'),
  'an empty name': plus('', '1'),
  'a NUL in a name': plus('x\0', '1'),
  'an octet above ASCII in a name': plus('x\xe9', '1'),
  connection: plus('connection', 'close'),
  'keep-alive': plus('keep-alive', 'timeout=5'),
  'proxy-connection': plus('proxy-connection', 'keep-alive'),
  upgrade: plus('upgrade', 'websocket'),
  'transfer-encoding: chunked': plus('transfer-encoding', 'chunked'),
  'transfer-encoding: identity': plus('transfer-encoding', 'identity'),
  'te that is not trailers': plus('te', 'gzip'),
  'a pseudo-field behind a field': [method, scheme, authority, ['x', '1'], path],
  'a pseudo-field twice': [...good, path],
  'two methods': [method, [':method', 'POST'], scheme, authority, path],
  'a pseudo-field of responses': [...good, [':status', '200']],
  'an unknown pseudo-field': [...good, [':unknown', '1']],
  ':protocol on GET': [...good, [':protocol', 'websocket']],
  'no method': [scheme, authority, path],
  'no scheme': [method, authority, path],
  'no path': [method, scheme, authority],
  'an empty method': [[':method', ''], scheme, authority, path],
  'a space in the method': [[':method', 'GET /admin'], scheme, authority, path],
  'an empty path': withPath(''),
  'a space in the path': withPath('/ HTTP/1.1'),
  'a line feed in the path': withPath('/\r\nEvil: 1'),
  'a NUL in the path': withPath('/\0'),
  'a path without slash': withPath('admin'),
  'an absolute URL as path': withPath('http://localhost/'),
  'the asterisk with GET': withPath('*'),
  'a scheme with a space': [method, [':scheme', 'ht tps'], authority, path],
  'a line feed in the authority': withAuthority('localhost\r\nEvil: 1'),
  'a space in the authority': withAuthority('localhost evil'),
  'a path in the authority': withAuthority('localhost/evil'),
  'a user in the authority': withAuthority('user@localhost'),
  'an empty authority': withAuthority(''),
  'a host unlike the authority': plus('host', 'other.test'),
  'two hosts': [...good, ['host', 'localhost'], ['host', 'other.test']],
  'a content-length that is no number': plus('content-length', '5x'),
  'a negative content-length': plus('content-length', '-1'),
  'a signed content-length': plus('content-length', '+0'),
  'two content-lengths that disagree': [...good, ['content-length', '0'], ['content-length', '5']],
  'a list of content-lengths': plus('content-length', '0, 5'),
  'a content-length beyond all numbers': plus('content-length', '99999999999999999999'),
  'plain CONNECT with a path': [[':method', 'CONNECT'], scheme, authority, path],
};

test('malformed requests: each is reset and counted, none reaches the app, the connection goes on', async (t) => {
  const bystander = await greetHttp2(t, sallyport.https, 'localhost');
  const peer = await greetHttp2(t, sallyport.https, 'localhost');
  const before = await countersOf(sallyport);
  let id = 1;
  for (const [what, fields] of Object.entries(malformed)) {
    await t.test(what, async () => {
      const reached = backend.requests.length;
      peer.send(headers(id, fields), headers(id + 2, good));
      const [code] = await Promise.all([peer.reset(id), peer.answer(id + 2)]);
      assert.equal(code, 'PROTOCOL_ERROR');
      assert.equal(peer.headsOf(id).length, 0);
      assert.equal(backend.requests.length, reached + 1, 'only the good request reached the app');
      id += 4;
    });
  }
  const after = await countersOf(sallyport);
  assert.equal(after.http2.malformedRequests! - before.http2.malformedRequests!, Object.keys(malformed).length);
  assert.equal((await bystander.send(headers(1, good)).answer(1)).body, 'ok');
});

const refused: Readonly<Record<string, readonly [Fields, number]>> = {
  'another site’s authority': [withAuthority('other.test'), 421],
  'another site’s host without authority': [[method, scheme, path, ['host', 'other.test']], 421],
  'no authority and no host': [[method, scheme, path], 400],
  'an authority with an impossible port': [withAuthority('localhost:99999'), 400],
  'plain CONNECT': [
    [
      [':method', 'CONNECT'],
      [':authority', 'localhost:443'],
    ],
    405,
  ],
  TRACE: [[[':method', 'TRACE'], scheme, authority, path], 405],
};

test('well-formed requests that are not for the app are answered, on a connection that goes on', async (t) => {
  const peer = await greetHttp2(t, sallyport.https, 'localhost');
  let id = 1;
  for (const [what, [fields, status]] of Object.entries(refused)) {
    await t.test(what, async () => {
      const reached = backend.requests.length;
      peer.send(headers(id, fields));
      assert.equal((await peer.answer(id)).status, status);
      assert.equal(backend.requests.length, reached);
      id += 2;
    });
  }
  assert.equal((await peer.send(headers(id, good)).answer(id)).body, 'ok');
});
