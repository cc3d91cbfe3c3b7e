import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readBasic } from '../../src/traffic/guard/passwords/credentials.ts';
import { cookieName, findCookies, otherCookies } from '../../src/traffic/guard/passwords/session-cookies.ts';
import { readSession, type SessionScope, signSession } from '../../src/traffic/guard/passwords/session-token.ts';
import { RequestHead, readRequestHead } from '../../src/wire/http1/request-head.ts';
import type { FuzzTarget } from '../target.ts';

const secret = Buffer.alloc(32, 7);
const keys = [{ id: 'k1', secret: secret.toString('base64url') }];
const scope: SessionScope = { zone: 'a', hashOf: (user) => (user === 'alice' ? '$2y$10$x' : undefined) };
const issued = signSession(keys[0]!, { user: 'alice', born: 1000, expires: 2000 }, scope) ?? '';
const name = cookieName('a', true);
const head = new RequestHead(32);

/** A cookie's value has one spelling: what is taken is exactly what the key signs. */
function assertSigned(value: string): void {
  const body = value.slice(0, value.lastIndexOf('.'));
  const mac = createHmac('sha256', secret).update(`${body}\na\n$2y$10$x`).digest('base64url');
  assert.equal(value, `${body}.${mac}`, 'a session that nobody was given');
}

/** The head with these cookies and, behind them, others. */
function readHead(cookies: string): boolean {
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a.example\r\nCookie: ${cookies}\r\nCookie: x=y\r\n\r\n`, 'latin1');
  return readRequestHead(bytes, 0, bytes.length, head) === bytes.length;
}

export const target: FuzzTarget = {
  reads: 'Basic credentials (RFC 7617), cookies (RFC 6265 §5.4), sessions',
  seeds: [
    'YWxpY2U6c2VjcmV0',
    'YTpi',
    'Og==',
    'YWxpY2U6w6k=',
    issued,
    `${name}=${issued}`,
    `a=b; ${name}=${issued}; c=d`,
    `${name}=${issued.slice(0, -1)}A`,
    `${name}="x"; ${name}=`,
    '__Host-sallyport-x=1; b',
  ],
  dictionary: [
    name,
    issued,
    '; ',
    '=',
    '"',
    '__Host-sallyport-',
    'sallyport-session-',
    ',',
    '\xc3\xa9',
    'k1.',
    '.',
    '==',
  ],
  mostBytes: 500,
  check(input) {
    const text = input.toString('latin1');
    const credentials = readBasic(text);
    if (credentials !== null) {
      const { user, password } = credentials;
      assert.ok(user !== '' && !user.includes(':'));
      const again = Buffer.from(`${user}:${password}`).toString('base64').replace(/=+$/, '');
      assert.ok(text.startsWith(again.slice(0, -1)), again);
    }
    if (readSession(text, keys, scope, 1500) !== null) assertSigned(text);
    if (!readHead(text)) return `${credentials === null ? 'none' : 'credentials'}, no head`;
    const { value, anyOwn } = findCookies(head.fields, name);
    if (value !== '' && readSession(value, keys, scope, 1500) !== null) assertSigned(value);
    if (anyOwn) {
      const rest = otherCookies(head.fields);
      assert.match(rest, /^Cookie: [^\r\n]*\r\n$/);
      assert.ok(readHead(rest.slice('Cookie: '.length, -2)));
      assert.equal(findCookies(head.fields, name).anyOwn, false, rest);
    }
    return `${credentials === null ? 'none' : 'credentials'}, ${anyOwn ? 'own' : 'no'} cookies`;
  },
};
