import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, secureExchange } from './support.ts';

const scope = sharedScope();
let fields = '';
const backend = await recordingBackend(scope, () => `HTTP/1.1 302 Found\r\n${fields}\r\nContent-Length: 0\r\n\r\n`);
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:
  localhost:
    routes:
      /: ${backend.port}
      /api: { to: ${backend.port}, stripPrefix: true }
  plain.test: { tls: off, to: ${backend.port} }
`,
);

async function rewritten(sent: string, path = '/'): Promise<string> {
  fields = sent.replaceAll('PORT', String(backend.port));
  const { text } = await secureExchange(
    sallyport,
    'localhost',
    `GET ${path} HTTP/1.1\r\nHost: localhost:8443\r\nConnection: close\r\n\r\n`,
  );
  const name = fields.slice(0, fields.indexOf(':'));
  return new RegExp(`^${name}: (.*)\\r$`, 'm').exec(text)?.[1] ?? '';
}

for (const [sent, expected, path] of [
  ['Location: http://127.0.0.1:PORT/x?y#z', 'https://localhost:8443/x?y#z'],
  ['Location: http://localhost:PORT', 'https://localhost:8443'],
  ['Location: http://localhost:8443/x', 'https://localhost:8443/x'],
  ['Location: http://localhost/x', 'https://localhost:8443/x'],
  ['Location: //127.0.0.1:PORT/x', 'https://localhost:8443/x'],
  ['Location: https://elsewhere.test/x', 'https://elsewhere.test/x'],
  ['Location: http://localhost.evil.test/x', 'http://localhost.evil.test/x'],
  ['Location: /x', '/x'],
  ['Location: x/y', 'x/y'],
  ['Location: /x', '/api/x', '/api/a'],
  ['Location: x', 'x', '/api/a'],
  ['Location: /api/x', '/api/x', '/api/a'],
  ['Location: http://127.0.0.1:PORT/x', 'https://localhost:8443/api/x', '/api/a'],
  ['Location: //elsewhere.test/x', '//elsewhere.test/x', '/api/a'],
  ['Content-Location: http://127.0.0.1:PORT/x', 'https://localhost:8443/x'],
  ['Refresh: 5; url=http://127.0.0.1:PORT/x', '5; url=https://localhost:8443/x'],
  ['Refresh: 5;URL="/x"', '5;URL="/api/x"', '/api/a'],
  ['Refresh: 5', '5', '/api/a'],
  ['Set-Cookie: a=b; Path=/; HttpOnly', 'a=b; Path=/api; HttpOnly', '/api/a'],
  ['Set-Cookie: a=b; path=/x', 'a=b; path=/api/x', '/api/a'],
  ['Set-Cookie: a=b; Path=/', 'a=b; Path=/'],
  ['Set-Cookie: a=b', 'a=b', '/api/a'],
] as const) {
  test(`${sent} at ${path ?? '/'}`, async () => assert.equal(await rewritten(sent, path), expected));
}

test('several cookies stay several', async () => {
  fields = 'Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2; Path=/b';
  const { text } = await secureExchange(
    sallyport,
    'localhost',
    'GET /api/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  );
  assert.deepEqual(text.match(/^Set-Cookie: .*(?=\r$)/gm), [
    'Set-Cookie: a=1; Path=/api',
    'Set-Cookie: b=2; Path=/api/b',
  ]);
});

test('an app that wants HTTPS for a site without it is not sent round in circles', async () => {
  fields = 'Location: https://plain.test/x';
  const { text } = await rawExchange(sallyport.http, 'GET / HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n');
  assert.match(text, /\r\nLocation: https:\/\/plain\.test\/x\r\n/);
});

test('Via names the gate, and a Date is added only where the app sent none', async () => {
  fields = 'Via: 1.1 app';
  const ask = () => rawExchange(sallyport.http, 'GET / HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n');
  const added = (await ask()).text;
  assert.match(added, /\r\nVia: 1\.1 app, 1\.1 sallyport\r\n/);
  assert.match(added, /\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
  fields = 'Date: Sun, 06 Nov 1994 08:49:37 GMT';
  assert.deepEqual((await ask()).text.match(/^date: .*(?=\r$)/gim), [fields]);
});
