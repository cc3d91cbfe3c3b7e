import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from '../../model/site.ts';
import { type Origins, publicCookie, publicReference, publicRefresh } from './app-origin.ts';

const plain: Target = { kind: 'tcp', name: '', host: '127.0.0.1', port: 8080, tls: null };
const secure: Target = {
  kind: 'tcp',
  name: '',
  host: 'app.internal',
  port: 443,
  tls: { serverName: 'app.internal', ca: null },
};
const unix: Target = { kind: 'unix', name: '', path: '/run/app.sock' };

function origins(changes: Partial<Origins> = {}): Origins {
  return { publicOrigin: 'https://site.test', publicHost: 'site.test', target: plain, prefix: '', ...changes };
}

const references: readonly (readonly [reference: string, expected: string, changes?: Partial<Origins>])[] = [
  ['http://127.0.0.1:8080/x', 'https://site.test/x'],
  ['HTTP://LOCALHOST:8080/x', 'https://site.test/x'],
  ['http://[::1]:8080/x', 'https://site.test/x'],
  ['http://127.0.0.1:8080?q', 'https://site.test/?q'],
  ['http://127.0.0.1:8080#f', 'https://site.test/#f'],
  ['http://127.0.0.1:8081/x', 'http://127.0.0.1:8081/x'],
  ['https://127.0.0.1:8080/x', 'https://127.0.0.1:8080/x'],
  ['http://127.0.0.1:8080.evil.test/', 'http://127.0.0.1:8080.evil.test/'],
  ['http://user@127.0.0.1:8080/', 'http://user@127.0.0.1:8080/'],
  ['http://127.0.0.1:8080\\@evil.test/', 'https://site.test/\\@evil.test/'],
  ['http://site.test/x', 'https://site.test/x'],
  ['http://site.test:80/x', 'https://site.test/x'],
  ['http://site.test:8080/x', 'https://site.test/x'],
  ['http://site.test:8081/x', 'http://site.test:8081/x'],
  ['https://site.test/x', 'https://site.test/x'],
  [
    'http://SITE.test:8443/x',
    'https://site.test:8443/x',
    { publicHost: 'site.test:8443', publicOrigin: 'https://site.test:8443' },
  ],
  ['//site.test/x', 'https://site.test/x'],
  ['//127.0.0.1:8080/x', 'https://site.test/x'],
  ['//elsewhere.test/x', '//elsewhere.test/x'],
  ['https://site.test/x', 'https://site.test/x', { publicOrigin: 'http://site.test' }],
  ['https://site.test/x', 'http://site.test/x', { publicOrigin: 'http://site.test', target: secure }],
  ['https://app.internal/x', 'https://site.test/x', { target: secure }],
  ['https://app.internal:443/x', 'https://site.test/x', { target: secure }],
  ['http://app.internal/x', 'http://app.internal/x', { target: secure }],
  ['http://localhost/x', 'http://localhost/x', { target: unix }],
  ['http://site.test/x', 'https://site.test/x', { target: unix }],
  ['/x', '/x'],
  ['x', 'x'],
  ['?q', '?q'],
  ['#f', '#f'],
  ['', ''],
  ['mailto:a@b.test', 'mailto:a@b.test'],
  ['javascript:alert(1)', 'javascript:alert(1)'],
  ['/x', '/api/x', { prefix: '/api' }],
  ['/', '/api/', { prefix: '/api' }],
  ['/api', '/api', { prefix: '/api' }],
  ['/api?q', '/api?q', { prefix: '/api' }],
  ['/api/x', '/api/x', { prefix: '/api' }],
  ['/apix', '/api/apix', { prefix: '/api' }],
  ['x', 'x', { prefix: '/api' }],
  ['http://127.0.0.1:8080', 'https://site.test/api', { prefix: '/api' }],
  ['http://127.0.0.1:8080/x', 'https://site.test/api/x', { prefix: '/api' }],
  ['https://elsewhere.test/x', 'https://elsewhere.test/x', { prefix: '/api' }],
];

for (const [reference, expected, changes] of references) {
  test(`${JSON.stringify(reference)} becomes ${JSON.stringify(expected)} ${JSON.stringify(changes ?? {})}`, () => {
    assert.equal(publicReference(reference, origins(changes)), expected);
  });
}

for (const [value, expected] of [
  ['5', '5'],
  ['0; url=http://127.0.0.1:8080/x', '0; url=https://site.test/api/x'],
  ["0;URL='http://localhost:8080/x'", "0;URL='https://site.test/api/x'"],
  ['3, /x', '3, /api/x'],
  ['1.5; url="/x"', '1.5; url="/api/x"'],
  ['nonsense', 'nonsense'],
  ['', ''],
] as const) {
  test(`Refresh: ${value} becomes ${expected}`, () => {
    assert.equal(publicRefresh(value, origins({ prefix: '/api' })), expected);
  });
}

for (const [value, expected] of [
  ['a=b', 'a=b'],
  ['a=b; Path=/', 'a=b; Path=/api'],
  ['a=b;path=/;Secure', 'a=b;path=/api;Secure'],
  ['a=b; Path=/x/y; HttpOnly', 'a=b; Path=/api/x/y; HttpOnly'],
  ['a=b; Path=/api/x', 'a=b; Path=/api/x'],
  ['a=b; Path=', 'a=b; Path='],
  ['path=/x', 'path=/x'],
] as const) {
  test(`Set-Cookie: ${value} becomes ${expected}`, () => assert.equal(publicCookie(value, '/api'), expected));
}
