import assert from 'node:assert/strict';
import { test } from 'node:test';
import { challengeServerName } from './tls-alpn-01.ts';

test('addresses are asked for by their reverse names (RFC 8738)', () => {
  assert.equal(challengeServerName({ type: 'ip', value: '192.0.2.7' }), '7.2.0.192.in-addr.arpa');
  const six = '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa';
  assert.equal(challengeServerName({ type: 'ip', value: '2001:db8::1' }), six);
  assert.equal(challengeServerName({ type: 'ip', value: '::1' }), `1${'.0'.repeat(31)}.ip6.arpa`);
  assert.equal(challengeServerName({ type: 'dns', value: 'Example.ORG' }), 'example.org');
});
