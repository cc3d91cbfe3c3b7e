import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { anyPorts, bodyOf, statuses } from '../exchange/support.ts';
import { makeCertificate } from '../support/certificates.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';
import { bodyOfStream, http2App } from './http2-app.ts';

const scope = sharedScope();
const directory = await temporaryDirectory(scope);
const { certificate, key, rootFile } = await makeCertificate(directory, ['app.test']);

/** Requests to `/hold` are answered when this is called. */
const held: (() => void)[] = [];
const release = (): void => {
  for (const answer of held.splice(0)) answer();
};
const few = await http2App(
  scope,
  (stream, _head, path) => {
    const answer = (): void => {
      stream.respond({ ':status': 200 });
      stream.end('done');
    };
    if (path === '/hold') held.push(answer);
    else answer();
  },
  { settings: { maxConcurrentStreams: 2 } },
);
const wide = await http2App(
  scope,
  async (stream) => {
    const body = await bodyOfStream(stream);
    stream.respond({ ':status': 200 });
    stream.end(String(body.length));
  },
  { settings: { initialWindowSize: 1024 * 1024 } },
);
const old = await recordingBackend(scope);
const silent = createServer(() => {}).listen(0, '127.0.0.1');
await once(silent, 'listening');
const secureOld = createSecureServer({ cert: certificate, key }, (_request, response) => response.end('old'));
secureOld.listen(0, '127.0.0.1');
await once(secureOld, 'listening');
const noAlpn = createTlsServer({ cert: certificate, key }, (socket) => {
  socket.on('error', () => {});
  socket.on('data', () => assert.fail('bytes for an app that speaks no HTTP/2'));
});
noAlpn.listen(0, '127.0.0.1');
await once(noAlpn, 'listening');
scope.after(() => {
  silent.close();
  noAlpn.close();
  secureOld.closeAllConnections();
  secureOld.close();
});
const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
const nobody = createServer().listen(0, '127.0.0.1');
await once(nobody, 'listening');
const nobodysPort = portOf(nobody);
nobody.close();

const config = `${anyPorts}workers: 1\nlimits: { connectTimeout: 1s }\nsites:
  few.test: { tls: off, to: "h2c://127.0.0.1:${few.port}" }
  wide.test: { tls: off, to: "h2c://127.0.0.1:${wide.port}" }
  old.test: { tls: off, to: "h2c://127.0.0.1:${old.port}" }
  secure-old.test: { tls: off, to: { url: "h2://127.0.0.1:${portOf(secureOld)}", caFile: ${rootFile}, serverName: app.test } }
  no-alpn.test: { tls: off, to: { url: "h2://127.0.0.1:${portOf(noAlpn)}", caFile: ${rootFile}, serverName: app.test } }
  silent.test: { tls: off, to: "h2c://127.0.0.1:${portOf(silent)}" }
  nobody.test: { tls: off, to: "h2c://127.0.0.1:${nobodysPort}" }
`;
const sallyport = await startSallyport(scope, config);
const ask = (host: string, path = '/', head = '', body = '') =>
  rawExchange(
    sallyport.http,
    `${body === '' ? 'GET' : 'POST'} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${head}\r\n${body}`,
  );

test('an app that takes two requests at a time gets more connections, not more requests', async () => {
  const asked = Array.from({ length: 6 }, () => ask('few.test', '/hold'));
  while (held.length < 6) await delay(5);
  assert.equal(few.connections(), 3);
  release();
  for (const { text } of await Promise.all(asked)) assert.match(bodyOf(text), /done/);
});

test('with sixteen connections full, the next request waits for room', async () => {
  const asked = Array.from({ length: 32 }, () => ask('few.test', '/hold'));
  while (held.length < 32) await delay(5);
  const seen = few.heads.length;
  const waiting = ask('few.test', '/late');
  await delay(200);
  assert.equal(few.heads.length, seen);
  release();
  assert.match(bodyOf((await waiting).text), /done/);
  for (const { text } of await Promise.all(asked)) assert.match(bodyOf(text), /done/);
  assert.equal(few.sessions.size, 16);
});

test('a request that waits for limits.connectTimeout gets 503', async () => {
  const asked = Array.from({ length: 32 }, () => ask('few.test', '/hold'));
  while (held.length < 32) await delay(5);
  assert.deepEqual(statuses((await ask('few.test', '/late')).text), [503]);
  assert.match(sallyport.output(), /no room on any HTTP\/2 connection within limits\.connectTimeout/);
  release();
  await Promise.all(asked);
});

test('an upload on a new connection keeps to the window that the app announced', async () => {
  const { text } = await ask('wide.test', '/', 'Content-Length: 8000000\r\n', 'x'.repeat(8_000_000));
  assert.match(bodyOf(text), /8000000/);
});

test('an app that speaks HTTP/1.1 gets no request; the client gets 502, and the log the cure', async () => {
  assert.deepEqual(statuses((await ask('old.test')).text), [502]);
  assert.match(sallyport.output(), /does not answer in HTTP\/2 .*wants http:\/\//);
});

for (const host of ['secure-old.test', 'no-alpn.test']) {
  test(`${host}: a secure app that speaks no HTTP/2 gets no request; the client gets 502, and the log the cure`, async () => {
    assert.deepEqual(statuses((await ask(host)).text), [502]);
    assert.match(sallyport.output(), new RegExp(`did not agree to HTTP/2 .*wants https:// .*host=${host}`));
  });
}

test('an app that takes the connection and says nothing is 504', async () => {
  assert.deepEqual(statuses((await ask('silent.test')).text), [504]);
});

test('an app that is not there is 502', async () => {
  assert.deepEqual(statuses((await ask('nobody.test')).text), [502]);
  assert.match(sallyport.output(), /ECONNREFUSED/);
});

test('a reload that has no more use for an app closes idle connections to it, and lets requests under way end', async () => {
  const asked = ask('few.test', '/hold');
  while (held.length < 1) await delay(5);
  const busy = few.sessions.size;
  const without = await sallyport.reload(config.replace(/^ {2}few\.test:.*$/m, ''));
  assert.equal(without.code, 0);
  while (few.sessions.size > 1) await delay(5);
  assert.equal(busy > 1, true);
  release();
  assert.match(bodyOf((await asked).text), /done/);
  while (few.sessions.size > 0) await delay(5);
  const again = await sallyport.reload(config);
  assert.equal(again.code, 0);
});

test('a reload that changes something else leaves connections to apps alone', async () => {
  assert.match(bodyOf((await ask('few.test')).text), /done/);
  const [session] = few.sessions;
  const { code } = await sallyport.reload(`${config}  more.test: 1\n`);
  assert.equal(code, 0);
  assert.match(bodyOf((await ask('few.test')).text), /done/);
  assert.deepEqual([...few.sessions], [session]);
});

test('a stop closes idle connections to apps and ends', async () => {
  assert.match(bodyOf((await ask('few.test')).text), /done/);
  assert.equal(few.sessions.size, 1);
  const { code, signal } = await sallyport.stop();
  assert.deepEqual([code, signal], [0, null]);
  while (few.sessions.size > 0) await delay(5);
});
