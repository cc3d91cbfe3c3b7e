import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { anyPorts, bodyOf } from '../exchange/support.ts';
import { freePort } from '../support/ports.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { runSallyport, startSallyport } from '../support/sallyport.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';
import { http2App } from './http2-app.ts';

const scope = sharedScope();
let healthy = true;
const backend = (name: string) =>
  recordingBackend(scope, async ({ head, body }) => {
    await body;
    if (head.startsWith('GET /healthz ') && name === 'b' && !healthy)
      return 'HTTP/1.1 500 Ill\r\nContent-Length: 0\r\n\r\n';
    return `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${name}`;
  });
const [a, b] = await Promise.all([backend('a'), backend('b')]);
const rpc = await http2App(scope, (stream) => {
  stream.respond({ ':status': 200 });
  stream.end('rpc');
});
const gone = await freePort();
const state = await temporaryDirectory(scope);
const config = `${anyPorts}workers: 2
state: ${state}
sites:
  two.test: { tls: off, to: [${a.port}, ${b.port}], health: { path: /healthz, interval: 100ms } }
  cookie.test: { tls: off, to: [${a.port}, ${b.port}], balance: { cookie: server } }
  rpc.test: { tls: off, to: ["h2c://127.0.0.1:${gone}", "h2c://127.0.0.1:${rpc.port}"], health: { maxFails: 0 } }
`;
let sallyport = await startSallyport(scope, config);
/** Each on a connection of its own, so that every worker has some. */
const several = async (host: string, fields = '', length = 30): Promise<string> => {
  const asked = Array.from({ length }, () =>
    rawExchange(sallyport.http, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${fields}\r\n`),
  );
  const bodies = (await Promise.all(asked)).map(({ text }) => bodyOf(text));
  return [...new Set(bodies)].sort().join(' ');
};
const run = (...args: readonly string[]) => runSallyport([...args, '-c', sallyport.configFile]);

test('every worker heeds a drained target', async () => {
  assert.equal(await several('two.test'), 'a b', sallyport.output());
  assert.equal((await run('drain', 'two.test', String(b.port))).code, 0);
  assert.equal(await several('two.test'), 'a', sallyport.output());
  assert.equal((await run('undrain', 'two.test', String(b.port))).code, 0);
  assert.equal(await several('two.test'), 'a b', sallyport.output());
});

test('every worker heeds a failed check', { timeout: 60_000 }, async () => {
  healthy = false;
  await sallyport.process.printed(/is down: \/healthz is answered with 500/);
  while ((await several('two.test')) !== 'a') await delay(20);
  healthy = true;
  await sallyport.process.printed(/is up again/);
  while ((await several('two.test')) !== 'a b') await delay(20);
});

test('a cookie means the same target to every worker, and after a new start', async () => {
  const { text } = await rawExchange(
    sallyport.http,
    'GET / HTTP/1.1\r\nHost: cookie.test\r\nConnection: close\r\n\r\n',
  );
  const cookie = /^set-cookie: (server=[^;]+)/im.exec(text)?.[1];
  assert.ok(cookie);
  const target = bodyOf(text);
  assert.equal(await several('cookie.test', `Cookie: ${cookie}\r\n`), target);
  await sallyport.stop();
  sallyport = await startSallyport(scope, config);
  assert.equal(await several('cookie.test', `Cookie: ${cookie}\r\n`), target);
  assert.equal((await stat(join(state, 'cookie-key'))).mode & 0o777, 0o600);
});

test('a request to an HTTP/2 app that is not there goes to another', async () => {
  // Half of them, if one worker has all, is what may be sent again to another target from the start.
  assert.match(await several('rpc.test', '', 10), /^[^ ]*rpc[^ ]*$/);
});
