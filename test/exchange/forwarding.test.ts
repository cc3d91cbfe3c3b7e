import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, secureExchange } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope);
const sites = `sites:\n  localhost: ${backend.port}\n  plain.test: { tls: off, routes: { /api: { to: ${backend.port}, stripPrefix: true, headers: { request: { set: { X-User: gate } } } } } }\n`;
const open = await startSallyport(scope, anyPorts + sites);
const behindProxy = await startSallyport(scope, `${anyPorts}trustedProxies: [127.0.0.0/8, 10.0.0.0/8]\n${sites}`);

const forged = [
  'X-Forwarded-For: 6.6.6.6',
  'x-forwarded-for: 6.6.6.7',
  'X-Forwarded-Proto: gopher',
  'X-Forwarded-Host: evil.test',
  'X-Forwarded-Port: 666',
  'X-Forwarded-Server: evil.test',
  'X-Forwarded-Prefix: /evil',
  'X-Forwarded-Scheme: gopher',
  'X-Real-IP: 6.6.6.6',
  'Forwarded: for=6.6.6.6;proto=gopher;host=evil.test',
  'X_Forwarded_Port: 666',
  'x-forwarded_server: evil.test',
  'Proxy: http://evil.test',
  'X-Original-URL: /evil.test',
  'X-Rewrite-Url: /evil.test',
  '',
].join('\r\n');

test('an untrusted client’s forwarding fields never reach the app; it gets true ones', async () => {
  const seen = backend.requests.length;
  await secureExchange(open, 'localhost', `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${forged}\r\n`);
  const { head } = await backend.request(seen);
  assert.doesNotMatch(head, /6\.6\.6|gopher|evil|666/i);
  const fields = head.split('\r\n');
  assert.ok(fields.includes('X-Forwarded-For: 127.0.0.1'));
  assert.ok(fields.includes('X-Real-IP: 127.0.0.1'));
  assert.ok(fields.includes('X-Forwarded-Proto: https'));
  assert.ok(fields.includes('X-Forwarded-Host: localhost'));
  assert.ok(fields.includes('Forwarded: for=127.0.0.1;host=localhost;proto=https'));
  assert.ok(fields.includes('Via: 1.1 sallyport'));
  assert.ok(fields.includes('Host: localhost'));
});

test('a stripped prefix is told; a field that the gate sets cannot be set by a client in any spelling', async () => {
  const seen = backend.requests.length;
  const fields = 'X-Forwarded-Prefix: /evil\r\nX-User: evil\r\nx_user: evil\r\nVia: 1.0 fred\r\n';
  await rawExchange(open.http, `GET /api/x HTTP/1.0\r\nHost: plain.test:8080\r\n${fields}\r\n`);
  const { head } = await backend.request(seen);
  assert.doesNotMatch(head, /evil/);
  assert.match(head, /\r\nX-Forwarded-Prefix: \/api\r\n/);
  assert.match(head, /\r\nX-User: gate\r\n/);
  assert.match(head, /\r\nX-Forwarded-Proto: http\r\n/);
  assert.match(head, /\r\nHost: plain\.test:8080\r\n/);
  assert.match(head, /\r\nForwarded: for=127\.0\.0\.1;host="plain\.test:8080";proto=http\r\n/);
  assert.match(head, /\r\nVia: 1\.0 fred, 1\.0 sallyport\r\n/);
});

test('a trusted proxy’s fields are continued, and the client is the first address that is no proxy', async () => {
  const seen = backend.requests.length;
  const fields = [
    'X-Forwarded-For: 9.9.9.9, 203.0.113.7',
    'X-Forwarded-For: 10.1.2.3',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: public.test',
    'Forwarded: for=203.0.113.7;proto=https',
    'X-Real-IP: 6.6.6.6',
    'X-Forwarded-Port: 666',
    '',
  ].join('\r\n');
  await rawExchange(behindProxy.http, `GET /api HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n${fields}\r\n`);
  const lines = (await backend.request(seen)).head.split('\r\n');
  assert.ok(lines.includes('X-Forwarded-For: 9.9.9.9, 203.0.113.7, 10.1.2.3, 127.0.0.1'));
  assert.ok(lines.includes('X-Real-IP: 203.0.113.7'));
  assert.ok(lines.includes('X-Forwarded-Proto: https'));
  assert.ok(lines.includes('X-Forwarded-Host: public.test'));
  assert.ok(lines.includes('Forwarded: for=203.0.113.7;proto=https, for=127.0.0.1;host=plain.test;proto=http'));
  assert.ok(!lines.some((line) => /6\.6\.6\.6|666/.test(line)));
});

test('a trusted proxy that says nothing is itself the client', async () => {
  const seen = backend.requests.length;
  await rawExchange(behindProxy.http, 'GET /api HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n');
  const lines = (await backend.request(seen)).head.split('\r\n');
  assert.ok(lines.includes('X-Forwarded-For: 127.0.0.1'));
  assert.ok(lines.includes('X-Real-IP: 127.0.0.1'));
  assert.ok(lines.includes('X-Forwarded-Proto: http'));
});

for (const name of [
  'X_Forwarded_For',
  'X-Forwarded_Proto',
  'x_forwarded-host',
  'X_Real_IP',
  'Transfer_Encoding',
  'Content_Length',
]) {
  test(`${name}, which some apps take for the real field, is refused`, async () => {
    const seen = backend.requests.length;
    const { text } = await rawExchange(open.http, `GET /api HTTP/1.1\r\nHost: plain.test\r\n${name}: 6\r\n\r\n`);
    assert.match(text, /^HTTP\/1\.1 400 /);
    assert.equal(backend.requests.length, seen);
  });
}
