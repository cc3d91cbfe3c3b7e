import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anyPorts, bodyOf, statuses } from '../exchange/support.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const answers: Readonly<Record<string, string>> = {
  'length and coding': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'two differing lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
  'a list of lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello',
  'a negative length': 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello',
  'a length that is a word': 'HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello',
  'an unknown coding': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello',
  'gzip, chunked': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  'chunked twice': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'another protocol': 'SSH-2.0-OpenSSH_9.2p1 Debian\r\n\r\n',
  'HTTP/0.9': '<html>hello</html>\r\n\r\n',
  'HTTP/2': 'HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n',
  'a status of two digits': 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n',
  'a status below 100': 'HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n',
  'a status that is a word': 'HTTP/1.1 two OK\r\nContent-Length: 0\r\n\r\n',
  'NUL in the reason': 'HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n',
  'a bare CR in the reason': 'HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n',
  'bare LFs': 'HTTP/1.1 200 OK\nContent-Length: 0\n\n',
  'a folded field': 'HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\nContent-Length: 0\r\n\r\n',
  'NUL in a value': 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n',
  'a bare LF in a value': 'HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n',
  'a bare CR in a value': 'HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\nContent-Length: 0\r\n\r\n',
  'a space before the colon': 'HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n',
  'a name with a space': 'HTTP/1.1 200 OK\r\nX Y: 0\r\nContent-Length: 0\r\n\r\n',
  'a line without a colon': 'HTTP/1.1 200 OK\r\nhello\r\nContent-Length: 0\r\n\r\n',
  'a head without end': `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(80_000)}`,
  'too many fields': `HTTP/1.1 200 OK\r\n${'X: 1\r\n'.repeat(300)}\r\n`,
  '101 that nobody asked for': 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'a bad chunk size at once': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
};

const scope = sharedScope();
let answer = ok;
const backend = await recordingBackend(scope, async ({ head, body }) => {
  await body;
  return head.startsWith('GET /bad') ? answer : ok;
});
const sallyport = await startSallyport(scope, `${anyPorts}sites:\n  plain.test: { tls: off, to: ${backend.port} }\n`);
const get = (path: string) =>
  rawExchange(sallyport.http, `GET ${path} HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n`);

for (const [what, bytes] of Object.entries(answers)) {
  test(`${what}: 502, and the connection is not used again`, async () => {
    answer = bytes;
    const seen = backend.requests.length;
    const { text } = await get('/bad');
    assert.deepEqual(statuses(text), [502]);
    assert.doesNotMatch(text, /hello|Set-Cookie|127\.0\.0\.1/);
    const next = await get('/good');
    assert.equal(bodyOf(next.text), 'ok');
    assert.equal(backend.requests.length, seen + 2, 'asked once only');
    assert.notEqual(backend.requests[seen]?.connection, backend.requests[seen + 1]?.connection);
  });
}

test('a coding in HTTP/1.0 is decoded, and the connection is not used again', async () => {
  answer = 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';
  const seen = backend.requests.length;
  assert.equal(bodyOf((await get('/bad')).text), '2\r\nok\r\n0\r\n\r\n');
  await get('/good');
  assert.notEqual(backend.requests[seen]?.connection, backend.requests[seen + 1]?.connection);
});
