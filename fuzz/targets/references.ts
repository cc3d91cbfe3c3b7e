import assert from 'node:assert/strict';
import { publicCookie, publicReference, publicRefresh } from '../../src/traffic/filter/app-origin.ts';
import type { FuzzTarget } from '../target.ts';

const origins = {
  publicOrigin: 'https://a.example',
  publicHost: 'a.example',
  target: { kind: 'tcp', name: 'app', host: '127.0.0.1', port: 8080, http2: false, tls: null },
  prefix: '/in',
} as const;

export const target: FuzzTarget = {
  reads: 'URLs in fields of apps: Location (RFC 9110 §10.2.2), Refresh, cookie paths (RFC 6265 §4.1.2)',
  seeds: [
    ...[
      'http://127.0.0.1:8080/x',
      '//a.example/x',
      '/x?y#z',
      'https://b.example/',
      'http://a@127.0.0.1:8080/',
      '\\\\a.example',
    ],
    ...['5; url=/x', '0;URL="http://127.0.0.1:8080/"', "3, '/x'", 'a=b; Path=/x; HttpOnly', 'a=b;path=/', 'a=b'],
  ],
  dictionary: [
    'http://',
    'https://',
    '127.0.0.1',
    ':8080',
    'a.example',
    '/in',
    '/',
    '?',
    '#',
    '\\',
    ';',
    'url=',
    '; path=',
    '"',
    "'",
    ' ',
  ],
  mostBytes: 400,
  check(input) {
    const text = input.toString('latin1');
    const reference = publicReference(text, origins);
    // What becomes public stays on the public origin, and only what was on the app's is changed.
    if (reference !== text)
      assert.ok(reference.startsWith('https://a.example') || reference.startsWith('/in'), reference);
    if (reference.startsWith('https://a.example') && reference !== text)
      assert.match(reference, /^https:\/\/a\.example(?:$|\/)/);
    const refresh = publicRefresh(text, origins);
    const cookie = publicCookie(text, '/in');
    return [reference !== text, refresh !== text, cookie !== text].map(Number).join('');
  },
};
