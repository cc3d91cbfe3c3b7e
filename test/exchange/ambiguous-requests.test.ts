import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, secureExchange, statuses } from './support.ts';

const host = 'Host: NAME\r\n';
const post = `POST /first HTTP/1.1\r\n${host}`;
const get = `GET /first HTTP/1.1\r\n${host}`;
const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n`;

/** What two servers could read in two ways, and what no client should send. `NAME` stands for the site. */
const heads: Readonly<Record<string, string>> = {
  'Content-Length and Transfer-Encoding': `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'Transfer-Encoding and Content-Length': `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
  'two differing lengths': `${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
  'two equal lengths': `${post}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
  'a list of lengths': `${post}Content-Length: 5, 5\r\n\r\nhello`,
  'a list of differing lengths': `${post}Content-Length: 5,6\r\n\r\nhello`,
  'a length with a sign': `${post}Content-Length: +5\r\n\r\nhello`,
  'a negative length': `${post}Content-Length: -5\r\n\r\nhello`,
  'a hexadecimal length': `${post}Content-Length: 0x5\r\n\r\nhello`,
  'an empty length': `${post}Content-Length:\r\n\r\nhello`,
  'a fractional length': `${post}Content-Length: 5.0\r\n\r\nhello`,
  'a length with a space in it': `${post}Content-Length: 1 0\r\n\r\nhello`,
  'a length with a parameter': `${post}Content-Length: 5;q=1\r\n\r\nhello`,
  'a length beyond every number': `${post}Content-Length: 99999999999999999999\r\n\r\nhello`,
  'identity coding': `${post}Transfer-Encoding: identity\r\n\r\n`,
  'an unknown coding': `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  'gzip, chunked': `${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  'chunked, identity': `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  'chunked twice': `${post}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
  'chunked in two fields': `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'chunked behind another field': `${post}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'quoted chunked': `${post}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`,
  'chunked with a parameter': `${post}Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n`,
  'chunked behind a vertical tab': `${post}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
  'chunked and a comma': `${post}Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n`,
  'an empty coding': `${post}Transfer-Encoding:\r\n\r\n0\r\n\r\n`,
  'a coding in HTTP/1.0': `POST /first HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'a space before the colon': `${post}Content-Length : 5\r\n\r\nhello`,
  'a space before the colon of the coding': `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  'a tab before the colon': `${get}X\t: 1\r\n\r\n`,
  'a folded field': `${get}X: 1\r\n 2\r\n\r\n`,
  'a field folded with a tab': `${get}X: 1\r\n\tTransfer-Encoding: chunked\r\n\r\n`,
  'a folded first field': `GET /first HTTP/1.1\r\n X: 1\r\n${host}\r\n`,
  'a bare LF behind a field': `${get}X: 1\nY: 2\r\n\r\n`,
  'a bare LF behind the request line': `GET /first HTTP/1.1\n${host}\r\n`,
  'bare LFs everywhere': 'GET /first HTTP/1.1\nHost: NAME\n\n',
  'a bare LF as the blank line': `${get}X: 1\r\n\n`,
  'a bare CR in a value': `${get}X: 1\rY: 2\r\n\r\n`,
  'a bare CR behind the request line': `GET /first HTTP/1.1\r${host}\r\n`,
  'CR CR LF': `${get}X: 1\r\r\n\r\n`,
  'NUL in a value': `${get}X: a\0b\r\n\r\n`,
  'NUL in a name': `${get}X\0: 1\r\n\r\n`,
  'DEL in a value': `${get}X: a\x7fb\r\n\r\n`,
  'ESC in a value': `${get}X: a\x1b[31mb\r\n\r\n`,
  'an empty name': `${get}: 1\r\n\r\n`,
  'a line without a colon': `${get}Transfer-Encoding\r\n\r\n`,
  'a name with a space': `${get}X Y: 1\r\n\r\n`,
  'a name with a letter beyond ASCII': `${get}X\xe9: 1\r\n\r\n`,
  'a name in brackets': `${get}(X): 1\r\n\r\n`,
  'no Host': 'GET /first HTTP/1.1\r\n\r\n',
  'no Host in HTTP/1.0': 'GET /first HTTP/1.0\r\n\r\n',
  'two Hosts': `${get}Host: NAME\r\n\r\n`,
  'two differing Hosts': `${get}Host: other.test\r\n\r\n`,
  'an empty Host': 'GET /first HTTP/1.1\r\nHost:\r\n\r\n',
  'a Host list': 'GET /first HTTP/1.1\r\nHost: NAME, other.test\r\n\r\n',
  'a Host with a user': 'GET /first HTTP/1.1\r\nHost: a@NAME\r\n\r\n',
  'a Host with a path': 'GET /first HTTP/1.1\r\nHost: NAME/x\r\n\r\n',
  'a Host with a space': 'GET /first HTTP/1.1\r\nHost: NAME x\r\n\r\n',
  'a Host with a port that is none': 'GET /first HTTP/1.1\r\nHost: NAME:80a\r\n\r\n',
  'a Host with a scheme': 'GET /first HTTP/1.1\r\nHost: http://NAME\r\n\r\n',
  'a Host with quotes': 'GET /first HTTP/1.1\r\nHost: "NAME"\r\n\r\n',
  'a broken address as Host': 'GET /first HTTP/1.1\r\nHost: [::1\r\n\r\n',
  'absolute-form that disagrees': `GET http://other.test/first HTTP/1.1\r\n${host}\r\n`,
  'absolute-form with a user': `GET http://a@NAME/first HTTP/1.1\r\n${host}\r\n`,
  'absolute-form of another scheme': `GET ftp://NAME/first HTTP/1.1\r\n${host}\r\n`,
  'absolute-form without authority': `GET http:///first HTTP/1.1\r\n${host}\r\n`,
  'authority-form': `GET NAME HTTP/1.1\r\n${host}\r\n`,
  'a relative target': `GET first HTTP/1.1\r\n${host}\r\n`,
  '* for GET': `GET * HTTP/1.1\r\n${host}\r\n`,
  '*x for OPTIONS': `OPTIONS *x HTTP/1.1\r\n${host}\r\n`,
  'a fragment': `GET /first#x HTTP/1.1\r\n${host}\r\n`,
  'a space in the target': `GET /fi rst HTTP/1.1\r\n${host}\r\n`,
  'a tab in the target': `GET /fi\trst HTTP/1.1\r\n${host}\r\n`,
  'NUL in the target': `GET /fi\0rst HTTP/1.1\r\n${host}\r\n`,
  'two spaces before the version': `GET /first  HTTP/1.1\r\n${host}\r\n`,
  'two spaces before the target': `GET  /first HTTP/1.1\r\n${host}\r\n`,
  'a tab before the target': `GET\t/first HTTP/1.1\r\n${host}\r\n`,
  'a space behind the version': `GET /first HTTP/1.1 \r\n${host}\r\n`,
  'a space before the method': ` GET /first HTTP/1.1\r\n${host}\r\n`,
  'two blank lines before the method': `\r\n\r\nGET /first HTTP/1.1\r\n${host}\r\n`,
  'a method that is no token': `GE(T /first HTTP/1.1\r\n${host}\r\n`,
  'HTTP/0.9': 'GET /first\r\n',
  'a version in lower case': `GET /first http/1.1\r\n${host}\r\n`,
  'another protocol': `GET /first HTTPS/1.1\r\n${host}\r\n`,
  'HTTP/2.0': `GET /first HTTP/2.0\r\n${host}\r\n`,
  'HTTP/1.10': `GET /first HTTP/1.10\r\n${host}\r\n`,
  'HTTP/01.1': `GET /first HTTP/01.1\r\n${host}\r\n`,
  'an HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a Connection that is no list': `${get}Connection: close\u00a0\r\n\r\n`,
  'a head without end': `${get}X: ${'a'.repeat(40_000)}`,
  'too many fields': `${get}${'X: 1\r\n'.repeat(200)}\r\n`,
  'a target without end': `GET /${'a'.repeat(40_000)}`,
};

/** The head is sound, so the app may see it; the body shows the fault, so the app must never see the message complete. */
const bodies: Readonly<Record<string, string>> = {
  'a chunk size with a sign': `${chunked}+5\r\nhello\r\n0\r\n\r\n`,
  'a chunk size with 0x': `${chunked}0x5\r\nhello\r\n0\r\n\r\n`,
  'a negative chunk size': `${chunked}-1\r\nhello\r\n0\r\n\r\n`,
  'an empty chunk size': `${chunked}\r\nhello\r\n0\r\n\r\n`,
  'a chunk size without digits': `${chunked};x\r\nhello\r\n0\r\n\r\n`,
  'a space before a chunk size': `${chunked} 5\r\nhello\r\n0\r\n\r\n`,
  'a word behind a chunk size': `${chunked}5 x\r\nhello\r\n0\r\n\r\n`,
  'an underscore in a chunk size': `${chunked}5_0\r\nhello\r\n0\r\n\r\n`,
  'a chunk size beyond every number': `${chunked}ffffffffffffffff5\r\nhello\r\n0\r\n\r\n`,
  'a chunk size ended by LF': `${chunked}5\nhello\r\n0\r\n\r\n`,
  'a chunk extension ended by LF': `${chunked}5;a\nhello\r\n0\r\n\r\n`,
  'a bare CR in a chunk extension': `${chunked}5;a\rb\r\nhello\r\n0\r\n\r\n`,
  'NUL in a chunk extension': `${chunked}5;a\0\r\nhello\r\n0\r\n\r\n`,
  'endless chunk extensions': `${chunked}5;${'a'.repeat(10_000)}\r\nhello\r\n0\r\n\r\n`,
  'a chunk longer than its size': `${chunked}4\r\nhello\r\n0\r\n\r\n`,
  'a chunk ended by LF': `${chunked}5\r\nhello\n0\r\n\r\n`,
  'a chunk ended by two bytes that are no line end': `${chunked}5\r\nhelloXX0\r\n\r\n`,
  'a last chunk ended by LF': `${chunked}5\r\nhello\r\n0\n\r\n`,
  'a folded trailer': `${chunked}0\r\nX: 1\r\n 2\r\n\r\n`,
  'a trailer with a space before the colon': `${chunked}0\r\nX : 1\r\n\r\n`,
  'a trailer ended by LF': `${chunked}0\r\nX: 1\n\r\n`,
  'NUL in a trailer': `${chunked}0\r\nX: \0\r\n\r\n`,
  'too many trailers': `${chunked}0\r\n${'X: 1\r\n'.repeat(200)}\r\n`,
};

const scope = sharedScope();
const backend = await recordingBackend(scope);
const sallyport = await startSallyport(
  scope,
  `${anyPorts}limits: { headTimeout: 20s }
sites:
  localhost: ${backend.port}
  plain.test: { tls: off, to: ${backend.port} }
`,
);

const ways = {
  HTTPS: (bytes: string) => secureExchange(sallyport, 'localhost', bytes.replaceAll('NAME', 'localhost')),
  HTTP: (bytes: string) => rawExchange(sallyport.http, bytes.replaceAll('NAME', 'plain.test')),
};

const second = 'GET /second HTTP/1.1\r\nHost: NAME\r\n\r\n';

for (const [way, send] of Object.entries(ways)) {
  for (const [what, bytes] of Object.entries(heads)) {
    test(`${way}: ${what}: refused, nothing reaches the app`, async () => {
      const before = backend.requests.length;
      const { text, end } = await send(bytes + second);
      assert.match(text, /^HTTP\/1\.1 (?:400|414|431|505) /);
      assert.match(text, /\r\nConnection: close\r\n/);
      assert.equal(statuses(text).length, 1);
      assert.equal(end, 'closed');
      assert.deepEqual(backend.requests.slice(before), []);
    });
  }
  for (const [what, bytes] of Object.entries(bodies)) {
    test(`${way}: ${what}: refused, the app never sees the request whole`, async () => {
      const before = backend.requests.length;
      const { text, end } = await send(bytes + second);
      assert.match(text, /^HTTP\/1\.1 (?:400|431) /);
      assert.match(text, /\r\nConnection: close\r\n/);
      assert.equal(statuses(text).length, 1);
      assert.equal(end, 'closed');
      for (const { head, received } of backend.requests.slice(before)) {
        assert.match(head, /^POST \/first /);
        assert.doesNotMatch(received().toString('latin1'), /0\r\n(?:.+\r\n)*\r\n$/);
      }
    });
  }
  test(`${way}: afterwards an ordinary request is served`, async () => {
    const { text } = await send('GET /ok HTTP/1.1\r\nHost: NAME\r\nConnection: close\r\n\r\n');
    assert.match(text, /^HTTP\/1\.1 200 /);
    assert.ok(backend.requests.every(({ head }) => !head.includes('/second')));
  });
}
