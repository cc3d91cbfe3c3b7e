import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSession, type SessionScope, signSession } from './session-token.ts';

const keys = ['new', 'old'].map((id) => ({ id, secret: Buffer.alloc(32, id).toString('base64url') }));
const users = new Map([
  ['alice', '$2y$10$one'],
  ['bob', '$2y$10$two'],
  ['Zoë 🚪', '$2y$10$three'],
]);
const scopeOf = (zone: string, known: ReadonlyMap<string, string> = users): SessionScope => ({
  zone,
  hashOf: (user) => known.get(user),
});
const claims = { user: 'alice', born: 1000, expires: 2000 };
const sign = (user = 'alice', key = keys[0]!): string => signSession(key, { ...claims, user }, scopeOf('a'))!;

test('what was signed is read back, also under an earlier key', () => {
  for (const user of users.keys()) {
    for (const key of keys)
      assert.deepEqual(readSession(sign(user, key), keys, scopeOf('a'), 1500), { ...claims, user });
  }
});

test('it ends with its time, its key, its zone, its user and its password', () => {
  const value = sign();
  assert.equal(readSession(value, keys, scopeOf('a'), 2000), null);
  assert.equal(readSession(value, keys.slice(1), scopeOf('a'), 1500), null);
  assert.equal(readSession(value, keys, scopeOf('b'), 1500), null);
  assert.equal(readSession(value, keys, scopeOf('a', new Map()), 1500), null);
  assert.equal(readSession(value, keys, scopeOf('a', new Map([['alice', '$2y$10$other']])), 1500), null);
});

test('nobody who is not there gets one', () => {
  assert.equal(signSession(keys[0]!, { ...claims, user: 'eve' }, scopeOf('a')), null);
});

test('no other value is taken: not one that differs in a single character, and not any text', () => {
  const value = sign();
  for (let at = 0; at < value.length; at++) {
    // The last character of base64url carries two bits that say nothing: all of them, for one has the same octets.
    const others = at < value.length - 1 ? 'A.z0' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const character of others) {
      const changed = value.slice(0, at) + character + value.slice(at + 1);
      if (changed !== value) assert.equal(readSession(changed, keys, scopeOf('a'), 1500), null, changed);
    }
  }
  fc.assert(fc.property(fc.string(), (text) => assert.equal(readSession(text, keys, scopeOf('a'), 1500), null)));
});
