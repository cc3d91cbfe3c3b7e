import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChallengeChoice, pickChallenge } from './pick.ts';

const all = ['dns-01', 'http-01', 'tls-alpn-01'];
const choice = (changes: Partial<ChallengeChoice> = {}): ChallengeChoice => ({
  wanted: 'auto',
  available: ['http-01', 'tls-alpn-01', 'dns-01'],
  failed: [],
  ...changes,
});
const name = { type: 'dns', value: 'example.org' } as const;
const address = { type: 'ip', value: '1.1.1.1' } as const;

test('auto: http-01 first, another where it failed or cannot be had, dns-01 for wildcards', () => {
  assert.equal(pickChallenge(name, false, all, choice()), 'http-01');
  assert.equal(pickChallenge(name, false, all, choice({ failed: ['http-01'] })), 'tls-alpn-01');
  assert.equal(pickChallenge(name, false, all, choice({ available: ['tls-alpn-01', 'dns-01'] })), 'tls-alpn-01');
  assert.equal(pickChallenge(name, true, all, choice()), 'dns-01');
  assert.equal(pickChallenge(name, false, all, choice({ failed: ['http-01', 'tls-alpn-01', 'dns-01'] })), 'http-01');
});

test('what cannot work is said with its cure', () => {
  const fails = (run: () => unknown, text: RegExp): void => assert.throws(run, { message: text, reason: 'setup' });
  fails(() => pickChallenge(name, true, all, choice({ available: ['http-01'] })), /\*\.example\.org: it needs dns-01/);
  fails(() => pickChallenge(address, false, all, choice({ wanted: 'dns-01' })), /it needs http-01 or tls-alpn-01/);
  fails(() => pickChallenge(name, false, ['dns-persist-01'], choice()), /the CA offers only dns-persist-01/);
});
