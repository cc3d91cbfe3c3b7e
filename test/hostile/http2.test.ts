/** Downgrade smuggling: HTTP/2 requests that would become two, or another, in HTTP/1.1 (RFC 9113 §8.2.1, §10.3, §10.4). */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { anyPorts } from '../exchange/support.ts';
import { data, headers } from '../http2/peer.ts';
import { greetHttp2 } from '../support/http2-peer.ts';
import { judge, type SplitMessage } from '../support/message-split.ts';
import { rawBackend } from '../support/raw-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

type Fields = readonly (readonly [string, string])[];

/**
 * `reset`: a stream error, nothing of it reaches the app. `cut`: a stream error, the app gets at most the head, and nothing that is a
 * request of its own. A number: answered so by the gate. An object: what the app gets.
 */
type Wanted = 'reset' | 'cut' | number | Partial<SplitMessage>;

interface Http2Case {
  readonly section: string;
  readonly fields: Fields;
  /** Sent behind the head, with the end of the stream. */
  readonly body?: string;
  readonly wanted: Wanted;
}

const method = [':method', 'GET'] as const;
const postMethod = [':method', 'POST'] as const;
const scheme = [':scheme', 'https'] as const;
const authority = [':authority', 'localhost'] as const;
const path = [':path', '/'] as const;
const good: Fields = [method, scheme, authority, path];
const goodPost: Fields = [postMethod, scheme, authority, path];
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x.test\r\n\r\n';

const plus = (section: string, name: string, value: string, wanted: Wanted = 'reset'): Http2Case => ({
  section,
  fields: [...good, [name, value]],
  wanted,
});
const withPath = (section: string, value: string, wanted: Wanted = 'reset'): Http2Case => ({
  section,
  fields: [method, scheme, authority, [':path', value]],
  wanted,
});
const withAuthority = (section: string, value: string, wanted: Wanted = 'reset'): Http2Case => ({
  section,
  fields: [method, scheme, [':authority', value], path],
  wanted,
});
const withMethod = (section: string, value: string, wanted: Wanted = 'reset'): Http2Case => ({
  section,
  fields: [[':method', value], scheme, authority, path],
  wanted,
});
const posted = (section: string, body: string, wanted: Wanted, ...more: Fields): Http2Case => ({
  section,
  fields: [...goodPost, ...more],
  body,
  wanted,
});

const cases: Readonly<Record<string, Http2Case>> = {
  'H2.TE: transfer-encoding: chunked': posted('RFC 9113 §8.2.2', `0\r\n\r\n${smuggled}`, 'reset', [
    'transfer-encoding',
    'chunked',
  ]),
  'H2.TE: transfer-encoding: identity': posted('RFC 9113 §8.2.2', 'x', 'reset', ['transfer-encoding', 'identity']),
  'H2.TE: Transfer-Encoding in upper case': posted('RFC 9113 §8.2.1', 'x', 'reset', ['Transfer-Encoding', 'chunked']),
  'H2.TE: transfer_encoding': posted('RFC 9110 §5.1', 'x', { line: 'POST / HTTP/1.1', body: 'x' }, [
    'transfer_encoding',
    'chunked',
  ]),
  'H2.TE: transfer-encoding behind a line end in a value': posted('RFC 9113 §8.2.1', 'x', 'reset', [
    'x',
    'y\r\ntransfer-encoding: chunked',
  ]),
  'H2.TE: transfer-encoding behind LF in a value': posted('RFC 9113 §8.2.1', 'x', 'reset', [
    'x',
    'y\ntransfer-encoding: chunked',
  ]),
  'H2.TE: transfer-encoding within a name': posted('RFC 9113 §8.2.1', 'x', 'reset', [
    'x: y\r\ntransfer-encoding',
    'chunked',
  ]),
  'H2.CL: a content-length below the body': posted('RFC 9113 §8.1.1', smuggled, 'cut', ['content-length', '0']),
  'H2.CL: a content-length of a part of the body': posted('RFC 9113 §8.1.1', smuggled, 'cut', ['content-length', '5']),
  'H2.CL: a content-length above the body': posted('RFC 9113 §8.1.1', 'hello', 'cut', ['content-length', '100']),
  'H2.CL: a content-length without a body': plus('RFC 9113 §8.1.1', 'content-length', '5'),
  'H2.CL: two content-lengths that differ': posted(
    'RFC 9113 §8.1.1',
    'hello',
    'reset',
    ['content-length', '5'],
    ['content-length', '0'],
  ),
  'H2.CL: a list of content-lengths': posted('RFC 9110 §8.6', 'hello', 'reset', ['content-length', '5, 5']),
  'H2.CL: a signed content-length': posted('RFC 9110 §8.6', 'hello', 'reset', ['content-length', '+5']),
  'H2.CL: a hexadecimal content-length': posted('RFC 9110 §8.6', 'hello', 'reset', ['content-length', '0x5']),
  'H2.CL: content_length': posted('RFC 9110 §5.1', 'hello', { line: 'POST / HTTP/1.1', body: 'hello' }, [
    'content_length',
    '0',
  ]),
  'H2.CL: content-length behind a line end in a value': posted('RFC 9113 §8.2.1', 'hello', 'reset', [
    'x',
    'y\r\ncontent-length: 0',
  ]),
  'a request within a body stays there': posted('RFC 9113 §8.1', smuggled, { line: 'POST / HTTP/1.1', body: smuggled }),
  'a request within a body of known length stays there': posted(
    'RFC 9113 §8.1',
    smuggled,
    { line: 'POST / HTTP/1.1', body: smuggled },
    ['content-length', String(smuggled.length)],
  ),
  'the end of chunks within a body is data': posted('RFC 9113 §8.1', `0\r\n\r\n${smuggled}`, {
    line: 'POST / HTTP/1.1',
    body: `0\r\n\r\n${smuggled}`,
  }),
  'connection: close': plus('RFC 9113 §8.2.2', 'connection', 'close'),
  'connection: content-length': posted('RFC 9113 §8.2.2', 'hello', 'reset', ['connection', 'content-length']),
  'keep-alive': plus('RFC 9113 §8.2.2', 'keep-alive', 'timeout=5'),
  'proxy-connection': plus('RFC 9113 §8.2.2', 'proxy-connection', 'keep-alive'),
  'upgrade: websocket': plus('RFC 9113 §8.2.2', 'upgrade', 'websocket'),
  'te: chunked': plus('RFC 9113 §8.2.2', 'te', 'chunked'),
  'te: trailers, chunked': plus('RFC 9113 §8.2.2', 'te', 'trailers, chunked'),
  'a request in a value': plus('RFC 9113 §10.3', 'x', `y\r\n\r\n${smuggled}`),
  'a request in a name': plus('RFC 9113 §10.3', `x: y\r\n\r\n${smuggled}z`, '1'),
  'CR in a value': plus('RFC 9113 §8.2.1', 'x', 'a\rb'),
  'NUL in a value': plus('RFC 9113 §8.2.1', 'x', 'a\0b'),
  'a space before a value': plus('RFC 9113 §8.2.1', 'x', ' a'),
  'a tab behind a value': plus('RFC 9113 §8.2.1', 'x', 'a\t'),
  'a colon in a name': plus('RFC 9113 §8.2.1', 'x:y', '1'),
  'a space in a name': plus('RFC 9113 §8.2.1', 'host ', 'evil.test'),
  'NUL in a name': plus('RFC 9113 §8.2.1', 'x\0', '1'),
  'an empty name': plus('RFC 9113 §8.2.1', '', '1'),
  'a name in upper case': plus('RFC 9113 §8.2', 'Host', 'evil.test'),
  'an octet above ASCII in a name': plus('RFC 9113 §8.2.1', 'x\xe9', '1'),
  'a request in the path': withPath('RFC 9113 §10.3', `/ HTTP/1.1\r\nHost: localhost\r\n\r\n${smuggled}`),
  'a version in the path': withPath('RFC 9113 §8.3.1', '/ HTTP/1.0'),
  'a line end in the path': withPath('RFC 9113 §8.3.1', '/\r\nx: y'),
  'a tab in the path': withPath('RFC 9113 §8.3.1', '/\tx'),
  'NUL in the path': withPath('RFC 9113 §8.3.1', '/\0'),
  'a fragment in the path': withPath('RFC 9113 §8.3.1', '/#x'),
  'an empty path': withPath('RFC 9113 §8.3.1', ''),
  'a path without slash': withPath('RFC 9113 §8.3.1', 'admin'),
  'an absolute URL as path': withPath('RFC 9113 §8.3.1', 'http://evil.test/'),
  'the asterisk for GET': withPath('RFC 9113 §8.3.1', '*'),
  'a host in the path is no host': withPath('RFC 9110 §7.4', '//evil.test/', { line: 'GET //evil.test/ HTTP/1.1' }),
  'an encoded line end in the path stays encoded': withPath('RFC 9113 §10.3', '/%0d%0ax:y', {
    line: 'GET /%0d%0ax:y HTTP/1.1',
  }),
  'a request in the method': withMethod('RFC 9113 §10.3', `GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\nGET`),
  'a target in the method': withMethod('RFC 9113 §8.3.1', 'GET /admin'),
  'a colon in the method': withMethod('RFC 9113 §8.3.1', 'GET:'),
  'an empty method': withMethod('RFC 9113 §8.3.1', ''),
  'plain CONNECT': {
    section: 'RFC 9113 §8.5',
    fields: [
      [':method', 'CONNECT'],
      [':authority', 'localhost:22'],
    ],
    wanted: 405,
  },
  'CONNECT with a path': withMethod('RFC 9113 §8.5', 'CONNECT'),
  TRACE: withMethod('RFC 9110 §9.3.8', 'TRACE', 405),
  'a line end in the authority': withAuthority('RFC 9113 §10.3', 'localhost\r\nx: y'),
  'a user in the authority': withAuthority('RFC 9113 §8.3.1', 'evil@localhost'),
  'a path in the authority': withAuthority('RFC 9113 §8.3.1', 'localhost/evil'),
  'a space in the authority': withAuthority('RFC 9113 §8.3.1', 'localhost evil.test'),
  'an empty authority': withAuthority('RFC 9113 §8.3.1', ''),
  'a port that is none': withAuthority('RFC 3986 §3.2.3', 'localhost:99999', 400),
  'another name': withAuthority('RFC 9110 §7.4', 'evil.test', 421),
  'a host unlike the authority': plus('RFC 9113 §8.3.1', 'host', 'evil.test'),
  'two hosts': {
    section: 'RFC 9113 §8.3.1',
    fields: [...good, ['host', 'localhost'], ['host', 'evil.test']],
    wanted: 'reset',
  },
  'a host of another name without authority': {
    section: 'RFC 9113 §8.3.1',
    fields: [method, scheme, path, ['host', 'evil.test']],
    wanted: 421,
  },
  'neither host nor authority': { section: 'RFC 9113 §8.3.1', fields: [method, scheme, path], wanted: 400 },
  'a line end in the scheme': {
    section: 'RFC 9113 §10.3',
    fields: [method, [':scheme', 'https\r\nx: y'], authority, path],
    wanted: 'reset',
  },
  'a URL in the scheme': {
    section: 'RFC 9113 §8.3.1',
    fields: [method, [':scheme', 'https://evil.test/?'], authority, path],
    wanted: 'reset',
  },
  'no scheme': { section: 'RFC 9113 §8.3.1', fields: [method, authority, path], wanted: 'reset' },
  'two paths': { section: 'RFC 9113 §8.3', fields: [...good, [':path', '/admin']], wanted: 'reset' },
  'two methods': { section: 'RFC 9113 §8.3', fields: [method, postMethod, scheme, authority, path], wanted: 'reset' },
  'a pseudo-field behind a field': {
    section: 'RFC 9113 §8.3',
    fields: [method, scheme, authority, ['x', 'y'], path],
    wanted: 'reset',
  },
  'an unknown pseudo-field': plus('RFC 9113 §8.3', ':evil', '1'),
  ':status in a request': plus('RFC 9113 §8.3', ':status', '200'),
  ':protocol without CONNECT': plus('RFC 8441 §4', ':protocol', 'websocket'),
  'forged x-forwarded-for': plus('RFC 7239 §8.1', 'x-forwarded-for', '6.6.6.6', { line: 'GET / HTTP/1.1' }),
  'forged x-forwarded-evil': plus('RFC 7239 §8.1', 'x-forwarded-evil', '6.6.6.6', { line: 'GET / HTTP/1.1' }),
  'forged x_forwarded_for': plus('RFC 3875 §4.1.18', 'x_forwarded_for', '6.6.6.6', { line: 'GET / HTTP/1.1' }),
  'proxy, which CGI apps believe': plus('RFC 3875 §4.1.18', 'proxy', 'http://6.6.6.6', { line: 'GET / HTTP/1.1' }),
  'http2-settings stops here': plus('RFC 7540 §3.2.1', 'http2-settings', '6.6.6.6', { line: 'GET / HTTP/1.1' }),
  'a cookie in crumbs becomes one': {
    section: 'RFC 9113 §8.2.3',
    fields: [...good, ['cookie', 'a=b'], ['cookie', 'c=d']],
    wanted: { line: 'GET / HTTP/1.1', fields: ['cookie: a=b; c=d'] },
  },
  'a cookie with a line end': plus('RFC 9113 §8.2.1', 'cookie', 'a=b\r\nx: y'),
};

const scope = sharedScope();
const backend = await rawBackend(scope);
const sallyport = await startSallyport(scope, `${anyPorts}sites:\n  localhost: ${backend.port}\n`);
let forwarded = 0;

/** What the app got since; all readers must agree about it. */
function received(mark: ReturnType<typeof backend.mark>): SplitMessage[] {
  return backend.since(mark).flatMap(({ bytes }) => {
    const { messages, ambiguity } = judge(bytes);
    assert.equal(ambiguity, '', bytes.toString('latin1'));
    forwarded += messages.length;
    return messages;
  });
}

suite('requests that HTTP/1.1 would read in another way', () => {
  for (const [name, { section, fields, body, wanted }] of Object.entries(cases)) {
    test(`${name} (${section}): ${typeof wanted === 'object' ? 'passed on as one' : wanted}`, async (t) => {
      const peer = await greetHttp2(t, sallyport.https, 'localhost');
      const mark = backend.mark();
      if (body === undefined) peer.send(headers(1, fields));
      else peer.send(headers(1, fields, 4), data(1, body, true));
      const ended = wanted === 'reset' || wanted === 'cut' ? await peer.reset(1) : (await peer.answer(1)).status;
      assert.equal(ended, typeof wanted === 'object' ? 200 : typeof wanted === 'number' ? wanted : 'PROTOCOL_ERROR');
      const other = await peer.send(headers(3, [method, scheme, authority, [':path', '/next']])).answer(3);
      assert.equal(other.body, 'GET /next');
      const [first, ...rest] = received(mark).filter(({ line }) => line !== 'GET /next HTTP/1.1');
      assert.deepEqual(rest, []);
      if (wanted === 'cut') return assert.equal(first?.body ?? '', '');
      if (typeof wanted !== 'object') return assert.equal(first, undefined);
      assert.deepEqual([first?.line, first?.body], [wanted.line, wanted.body ?? '']);
      for (const field of wanted.fields ?? []) assert.ok(first?.fields.includes(field));
      assert.doesNotMatch(first?.fields.join('\n') ?? '', /6\.6\.6|_/);
    });
  }
});

after(() =>
  console.log(
    `${Object.keys(cases).length} hostile HTTP/2 requests; ${forwarded} requests reached the app, 0 ambiguous`,
  ),
);
