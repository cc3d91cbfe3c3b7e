import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { parseNetwork } from './network.ts';

suite('a network', () => {
  const forms = [
    ['10.0.0.1', '10.0.0.1/32'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['192.168.1.255/25', '192.168.1.128/25'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::1', '::1/128'],
    ['2001:DB8:0:1:ffff::/63', '2001:db8::/63'],
    ['fd00::/8', 'fd00::/8'],
    ['[fd00::1]', 'fd00::1/128'],
    ['::ffff:10.0.0.1', '10.0.0.1/32'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ] as const;
  for (const [written, network] of forms) {
    test(`${written} is ${network}`, () => assert.equal(parseNetwork(written).value, network));
  }
  for (const written of [
    '',
    '10.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/8/8',
    'localhost',
    '10.0.0.0/-1',
    '10.0.0.0/8x',
  ]) {
    test(`${JSON.stringify(written)} is none`, () => assert.ok(parseNetwork(written).faults));
  }

  test('holds the address it was made from, and is its own normal form', () => {
    const bounded = fc.oneof(
      fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
      fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })),
    );
    fc.assert(
      fc.property(bounded, ([address, prefix]) => {
        const network = parseNetwork(`${address}/${prefix}`).value;
        if (network === undefined) return;
        assert.equal(parseNetwork(network).value, network);
        const [base = '', bits] = network.split('/');
        const family = base.includes(':') ? 'ipv6' : 'ipv4';
        const list = new BlockList();
        list.addSubnet(base, Number(bits), family);
        if (address.includes(':') === (family === 'ipv6')) assert.ok(list.check(address, family));
      }),
    );
  });
});
