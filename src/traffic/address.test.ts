import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { clientKey, plainAddress } from './address.ts';

test('mapped addresses are written in dotted form, zones go', () => {
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(plainAddress('192.0.2.1'), '192.0.2.1');
  assert.equal(plainAddress('::1'), '::1');
  assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1');
});

test('IPv4 clients are told apart by address, IPv6 clients by /64', () => {
  assert.notEqual(clientKey('192.0.2.1'), clientKey('192.0.2.2'));
  assert.equal(clientKey('2001:db8:1:2::1'), clientKey('2001:db8:1:2:ffff:ffff:ffff:ffff'));
  assert.equal(clientKey('2001:db8::1'), clientKey('2001:db8:0:0:9::'));
  assert.equal(clientKey('::1'), clientKey('::2'));
  assert.notEqual(clientKey('2001:db8:1:2::1'), clientKey('2001:db8:1:3::1'));
  assert.notEqual(clientKey('2001:db8::1'), clientKey('2001:db8:0:1::1'));
});

test('the four groups of the prefix decide, however the address is shortened', () => {
  const groups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(groups, (numbers) => {
      const short = new URL(`http://[${numbers.map((number) => number.toString(16)).join(':')}]`).hostname.slice(1, -1);
      assert.ok(isIPv6(short));
      assert.equal(
        clientKey(short),
        numbers
          .slice(0, 4)
          .map((number) => number.toString(16))
          .join(':'),
      );
    }),
  );
});
