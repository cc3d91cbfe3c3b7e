import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anyPorts, bodyOf, statuses } from '../exchange/support.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();
const onConnection = new Map<number, number>();
/** How a connection ends when its second request has come. */
let ending: 'end' | 'reset' | 'some bytes' = 'end';
/** The first request of a connection is ended so, too. */
let always = false;
const backend = await recordingBackend(scope, async ({ body, connection, socket }) => {
  await body;
  const count = (onConnection.get(connection) ?? 0) + 1;
  onConnection.set(connection, count);
  if (count === 1 && !always) return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  if (ending === 'some bytes') socket.end('HTTP/1.1 2');
  else if (ending === 'reset') socket.resetAndDestroy();
  else socket.end();
  return null;
});
const sallyport = await startSallyport(
  scope,
  `${anyPorts}workers: 1\nsites:\n  plain.test: { tls: off, to: ${backend.port} }\n`,
);
const ask = (method: string, fields = '', body = '') =>
  rawExchange(sallyport.http, `${method} / HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n${fields}\r\n${body}`);

/** Leaves one idle connection that will die at its next request. */
async function poolOne(): Promise<number> {
  const { text } = await ask('GET');
  assert.equal(bodyOf(text), 'ok');
  return backend.requests.length;
}

for (const how of ['end', 'reset'] as const) {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
    test(`${method} on a pooled connection that dies (${how}) is asked again on a fresh one`, async () => {
      ending = how;
      const seen = await poolOne();
      assert.deepEqual(statuses((await ask(method)).text), [200]);
      const [first, second, ...others] = backend.requests.slice(seen);
      assert.notEqual(first?.connection, second?.connection);
      assert.equal(first?.head, second?.head);
      assert.equal(others.length, 0);
    });
  }
  for (const [method, fields, body] of [
    ['POST', '', ''],
    ['PATCH', '', ''],
    ['POST', 'Content-Length: 5\r\n', 'hello'],
    ['PUT', 'Content-Length: 5\r\n', 'hello'],
  ] as const) {
    test(`${method} with ${body.length} bytes of body is not asked again (${how})`, async () => {
      ending = how;
      const seen = await poolOne();
      const { text } = await ask(method, fields, body);
      assert.deepEqual(statuses(text), [502]);
      assert.equal(backend.requests.length, seen + 1);
    });
  }
}

test('a connection that answered some bytes is not given up for another', async () => {
  ending = 'some bytes';
  const seen = await poolOne();
  assert.deepEqual(statuses((await ask('GET')).text), [502]);
  assert.equal(backend.requests.length, seen + 1);
});

test('it is asked again once only, and never on a connection that was fresh', async () => {
  ending = 'end';
  const seen = await poolOne();
  always = true;
  assert.deepEqual(statuses((await ask('GET')).text), [502]);
  assert.equal(backend.requests.length, seen + 2);
  assert.deepEqual(statuses((await ask('GET')).text), [502]);
  assert.equal(backend.requests.length, seen + 3);
  always = false;
});
