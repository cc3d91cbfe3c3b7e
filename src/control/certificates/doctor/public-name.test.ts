import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPublicName, isPublicAddress } from './public-name.ts';

test('names no public CA will sign are known, with the way out', () => {
  const refused = ['localhost', 'nas', 'nas.local', 'kms.internal', 'box.home.arpa', 'a.test', '10.0.0.5', 'fd00::1'];
  for (const name of [...refused, '*.com', 'a.*.example.org', 'foo_bar.example.org', 'a..example.org', '192.0.2.1']) {
    const finding = checkPublicName(name);
    assert.equal(finding?.level, 'error', name);
    assert.match(finding?.cure ?? '', /tls: internal/);
  }
  for (const name of [
    'terrax9.se',
    '*.terrax9.se',
    'flask.example.duckdns.org',
    '9.9.9.9',
    '2620:fe::fe',
    'xn--bcher-kva.example.net',
  ]) {
    assert.equal(checkPublicName(name), null, name);
  }
});

test('private, loopback and documentation addresses are not public', () => {
  for (const address of ['127.0.0.1', '::1', '192.168.1.2', '100.64.0.1', 'fe80::1', '172.20.0.1', 'not an address']) {
    assert.equal(isPublicAddress(address), false, address);
  }
  for (const address of ['1.1.1.1', '172.32.0.1', '2606:4700::1111'])
    assert.equal(isPublicAddress(address), true, address);
});
