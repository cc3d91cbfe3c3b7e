import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, bodyOf, secureExchange, statuses, whole } from './support.ts';

const scope = sharedScope();
/** Answers with the response named by the path; the body of the request is read first. */
const responses: Readonly<Record<string, string>> = {
  '/length': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  '/chunked': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2  \r\nlo\r\n0\r\n\r\n',
  '/trailers':
    'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\nContent-Length: 1\r\nSet-Cookie: a=b\r\n\r\n',
  '/empty': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  '/empty-chunked': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  '/204': 'HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n',
  '/304': 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 7\r\n\r\n',
  '/304-chunked': 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n',
  '/no-reason': 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok',
  '/two-equal-lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok',
  '/old': 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
};
const backend = await recordingBackend(scope, async ({ head, body, socket }) => {
  await body;
  const path = head.split(' ')[1] ?? '';
  if (path === '/close') {
    socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end');
    return null;
  }
  const response = responses[path] ?? 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';
  return head.startsWith('HEAD ') ? response.slice(0, response.indexOf('\r\n\r\n') + 4) : response;
});
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:\n  localhost: ${backend.port}\n  plain.test: { tls: off, to: ${backend.port} }\n`,
);

async function request(head: string, body = ''): Promise<string> {
  const { text } = await secureExchange(sallyport, 'localhost', `${head}\r\nHost: localhost\r\n${body}`);
  return text;
}

const close = 'Connection: close\r\n\r\n';

test('a request body with Content-Length arrives byte by byte as it was sent', async () => {
  const seen = backend.requests.length;
  const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  await secureExchange(sallyport, 'localhost', [
    `POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 256\r\nConnection: close\r\n\r\n`,
    body.subarray(0, 1),
    body.subarray(1, 100),
    body.subarray(100),
  ]);
  const { head, body: received } = await backend.request(seen);
  assert.match(head, /\r\nContent-Length: 256\r\n/);
  assert.deepEqual(await received, body);
});

test('a chunked request stays chunked; extensions are dropped, trailers passed on, forged ones not', async () => {
  const seen = backend.requests.length;
  const text = await request(
    'POST /length HTTP/1.1',
    `Transfer-Encoding: ChUnKeD\r\n${close}3;name="a;b"\r\nabc\r\n0002 ; x\r\nde\r\n0;last\r\nX-Sum: 1\r\nContent-Length: 9\r\nHost: evil.test\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Port: 6\r\nX_Forwarded_Proto: x\r\nAuthorization: x\r\n\r\n`,
  );
  assert.deepEqual(statuses(text), [200]);
  const { head, body } = await backend.request(seen);
  assert.match(head, /\r\nTransfer-Encoding: chunked\r\n/);
  assert.doesNotMatch(head, /content-length/i);
  const received = (await body).toString('latin1');
  assert.doesNotMatch(received, /name|last|;/);
  const [data, trailers = ''] = received.split('0\r\n');
  assert.equal(data?.replaceAll(/[0-9a-f]+\r\n([a-z]+)\r\n/g, '$1'), 'abcde');
  assert.equal(trailers, 'X-Sum: 1\r\n\r\n');
});

test('a chunked request sent one byte a segment arrives whole', async () => {
  const seen = backend.requests.length;
  const bytes = `POST /length HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n${close}5\r\nhello\r\n0\r\nA: b\r\n\r\n`;
  const { text } = await secureExchange(sallyport, 'localhost', [...bytes]);
  assert.deepEqual(statuses(text), [200]);
  const received = (await (await backend.request(seen)).body).toString('latin1');
  assert.equal(received, '1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\nA: b\r\n\r\n');
});

test('a response with Content-Length keeps it', async () => {
  const text = await request('GET /length HTTP/1.1', close);
  assert.match(text, /\r\nContent-Length: 5\r\n/);
  assert.equal(bodyOf(text), 'hello');
});

test('a chunked response is chunked for HTTP/1.1, without its extensions', async () => {
  const text = await request('GET /chunked HTTP/1.1', close);
  assert.match(text, /\r\nTransfer-Encoding: chunked\r\n/);
  assert.equal(bodyOf(text), '5\r\nhello\r\n0\r\n\r\n');
});

test('response trailers are passed on, but not those that frame or set', async () => {
  assert.equal(bodyOf(await request('GET /trailers HTTP/1.1', close)), '5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n');
});

test('a chunked response for HTTP/1.0 ends by closing', async () => {
  const text = await request('GET /chunked HTTP/1.0', 'Connection: keep-alive\r\n\r\n');
  assert.doesNotMatch(text, /transfer-encoding|content-length|keep-alive/i);
  assert.equal(bodyOf(text), 'hello');
});

test('a close-delimited response is chunked for HTTP/1.1 and the connection stays usable', async () => {
  const one = 'GET /close HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const two = `GET /length HTTP/1.1\r\nHost: localhost\r\n${close}`;
  const { text } = await secureExchange(sallyport, 'localhost', one + two);
  assert.match(text, /\r\nTransfer-Encoding: chunked\r\n/);
  assert.match(text, /\r\n\r\nd\r\nuntil the end\r\n0\r\n\r\nHTTP\/1\.1 200 /);
});

test('a close-delimited response for HTTP/1.0 ends by closing', async () => {
  const text = await request('GET /close HTTP/1.0', '\r\n');
  assert.doesNotMatch(text, /transfer-encoding/i);
  assert.equal(bodyOf(text), 'until the end');
});

for (const path of ['/length', '/chunked', '/empty-chunked', '/trailers']) {
  test(`HEAD ${path} has no body and the next response follows at once`, async () => {
    const one = `HEAD ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const { text } = await secureExchange(
      sallyport,
      'localhost',
      `${one}GET /length HTTP/1.1\r\nHost: localhost\r\n${close}`,
    );
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)+\r\nHTTP\/1\.1 200 OK\r\n/);
    assert.deepEqual(statuses(text), [200, 200]);
  });
}

for (const [path, status] of Object.entries({ '/204': 204, '/304': 304, '/304-chunked': 304 })) {
  test(`${path} has no body and the next response follows at once`, async () => {
    const { text } = await secureExchange(
      sallyport,
      'localhost',
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\nGET /length HTTP/1.1\r\nHost: localhost\r\n${close}`,
    );
    assert.deepEqual(statuses(text), [status, 200]);
    assert.doesNotMatch(text.slice(0, text.indexOf('\r\n\r\n')), /transfer-encoding/i);
    if (status === 204) assert.doesNotMatch(text.slice(0, text.indexOf('\r\n\r\n')), /content-length/i);
    if (path === '/304') assert.match(text, /^HTTP\/1\.1 304 .*\r\n(?:.+\r\n)*Content-Length: 7\r\n/);
  });
}

for (const path of ['/no-reason', '/old', '/two-equal-lengths']) {
  test(`GET ${path} is answered as HTTP/1.1 with one length`, async () => {
    const text = await request(`GET ${path} HTTP/1.1`, close);
    assert.match(text, /^HTTP\/1\.1 200 ?/);
    assert.equal(text.match(/content-length/gi)?.length, 1);
    assert.equal(bodyOf(text), 'ok');
  });
}

test('HTTP/1.0 is kept alive when it asks for it, and closed when not', async () => {
  const kept = 'GET /length HTTP/1.0\r\nHost: plain.test\r\nConnection: Keep-Alive\r\n\r\n';
  const { text, end } = await rawExchange(sallyport.http, kept + kept, { until: whole(2) });
  assert.equal(end, 'until');
  assert.equal(text.match(/\r\nConnection: keep-alive\r\n/g)?.length, 2);
  const once = await rawExchange(sallyport.http, 'GET /length HTTP/1.0\r\nHost: plain.test\r\n\r\n');
  assert.equal(once.end, 'closed');
  assert.match(once.text, /\r\nConnection: close\r\n/);
});

test('an empty body is no body: the next response follows at once', async () => {
  const one = 'GET /empty HTTP/1.1\r\nHost: plain.test\r\n\r\n';
  const { text } = await rawExchange(
    sallyport.http,
    `${one}POST /empty HTTP/1.1\r\nHost: plain.test\r\nContent-Length: 0\r\n${close}`,
  );
  assert.deepEqual(statuses(text), [200, 200]);
});
