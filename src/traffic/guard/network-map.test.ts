import assert from 'node:assert/strict';
import { BlockList, isIPv4 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { NetworkMap } from './network-map.ts';

test('the smallest network that holds an address decides', () => {
  const map = new NetworkMap([
    ['10.0.0.0/8', 'wide'],
    ['10.1.0.0/16', 'narrow'],
    ['10.1.2.3/32', 'one'],
    ['::/0', 'all of IPv6'],
    ['2001:db8::/32', 'docs'],
  ]);
  for (const [address, expected] of [
    ['10.2.0.1', 'wide'],
    ['10.1.0.1', 'narrow'],
    ['10.1.2.3', 'one'],
    ['::ffff:10.1.2.3', 'one'],
    ['::FFFF:0a01:0203', 'one'],
    ['0:0:0:0:0:ffff:10.1.2.3', 'one'],
    ['11.0.0.1', undefined],
    ['2001:db8::1', 'docs'],
    ['fe80::1%eth0', 'all of IPv6'],
    ['::', 'all of IPv6'],
    ['', null],
    ['unknown', null],
    ['10.0.0', null],
  ] as const) {
    assert.equal(map.find(address), expected, address);
  }
});

test('whole families can be named', () => {
  const map = new NetworkMap([
    ['0.0.0.0/0', 4],
    ['::/0', 6],
  ]);
  assert.equal(map.find('255.255.255.255'), 4);
  assert.equal(map.find('::ffff:255.255.255.255'), 4);
  assert.equal(map.find('ffff::'), 6);
});

test('agrees with Node’s BlockList about any network and any address', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  const near = fc.tuple(address, fc.nat(128), address, fc.boolean());
  fc.assert(
    fc.property(near, ([network, prefix, other, same]) => {
      const bits = isIPv4(network) ? prefix % 33 : prefix;
      const family = isIPv4(network) ? 'ipv4' : 'ipv6';
      const list = new BlockList();
      list.addSubnet(network, bits, family);
      const asked = same ? network : other;
      // Node knows an IPv4 address in the networks of IPv6 that hold its mapped form.
      if (isIPv4(asked) !== isIPv4(network) || /^(?:::|0+:)/.test(asked)) return;
      const found = new NetworkMap([[`${network}/${bits}`, true]]).find(asked);
      assert.equal(found === true, list.check(asked, family));
    }),
  );
});
