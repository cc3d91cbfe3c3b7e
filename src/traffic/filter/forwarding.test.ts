import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import { RequestHead, readRequestHead } from '../../wire/http1/request-head.ts';
import { type Forwarding, forwardingOf } from './forwarding.ts';

const trusted = new BlockList();
trusted.addSubnet('10.0.0.0', 8);
trusted.addSubnet('fd00::', 8, 'ipv6');

function forwarding(
  fields: readonly string[],
  { address = '10.0.0.1', secure = false, believed = true, host = 'site.test' } = {},
): Omit<Forwarding, 'lines'> & { readonly lines: string } {
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`);
  const head = new RequestHead(32);
  assert.equal(readRequestHead(bytes, 0, bytes.length, head), bytes.length);
  const told = forwardingOf({ address, secure, trusted: believed }, host, head, believed ? trusted : null);
  return { ...told, lines: told.lines.toString('latin1') };
}

for (const [chain, client] of [
  [[], '10.0.0.1'],
  [['203.0.113.7'], '203.0.113.7'],
  [['6.6.6.6, 203.0.113.7'], '203.0.113.7'],
  [['203.0.113.7, 10.0.0.2, 10.0.0.3'], '203.0.113.7'],
  [['203.0.113.7', '10.0.0.2'], '203.0.113.7'],
  [['10.0.0.9, 10.0.0.8'], '10.0.0.9'],
  [['203.0.113.7:1234'], '203.0.113.7'],
  [['[2001:db8::1]:1234'], '2001:db8::1'],
  [['2001:db8::1, fd00::2'], '2001:db8::1'],
  [['::ffff:203.0.113.7'], '203.0.113.7'],
  [['unknown'], '10.0.0.1'],
  [['203.0.113.7, unknown, 10.0.0.2'], '10.0.0.2'],
  [['203.0.113.7,, 10.0.0.2'], '10.0.0.2'],
  [['<script>'], '10.0.0.1'],
] as const) {
  test(`behind a trusted proxy, X-Forwarded-For ${JSON.stringify(chain)} means ${client}`, () => {
    const { clientAddress, lines } = forwarding(chain.map((value) => `X-Forwarded-For: ${value}`));
    assert.equal(clientAddress, client);
    assert.ok(lines.includes(`X-Real-IP: ${client}\r\n`));
  });
}

test('an untrusted peer is the client, whatever it says', () => {
  const { clientAddress, scheme, host, lines } = forwarding(
    ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: gopher', 'X-Forwarded-Host: evil.test', 'Forwarded: for=6.6.6.6'],
    { address: '203.0.113.9', secure: true, believed: false },
  );
  assert.deepEqual([clientAddress, scheme, host], ['203.0.113.9', 'https', 'site.test']);
  assert.doesNotMatch(lines, /6\.6|gopher|evil/);
});

for (const [told, scheme] of [
  ['https', 'https'],
  ['HTTPS', 'https'],
  ['http', 'http'],
  ['gopher', 'http'],
  ['https, http', 'http'],
] as const) {
  test(`X-Forwarded-Proto: ${told} of a trusted proxy on plain HTTP means ${scheme}`, () => {
    assert.equal(forwarding([`X-Forwarded-Proto: ${told}`]).scheme, scheme);
  });
}

test('IPv6 and ports are quoted in Forwarded', () => {
  const { lines } = forwarding([], { address: '2001:db8::1', host: 'site.test:8443', believed: false });
  assert.match(lines, /\r\nForwarded: for="\[2001:db8::1\]";host="site\.test:8443";proto=http\r\n/);
  assert.match(lines, /^X-Forwarded-For: 2001:db8::1\r\n/);
});

test('every line ends in CRLF and none is empty', () => {
  for (const line of forwarding(['Forwarded: for=a, for=b']).lines.split('\r\n').slice(0, -1))
    assert.match(line, /^[\w-]+: .+$/);
});
