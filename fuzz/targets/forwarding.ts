import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { forwardingOf } from '../../src/traffic/filter/forwarding.ts';
import { RequestHead, readRequestHead } from '../../src/wire/http1/request-head.ts';
import type { FuzzTarget } from '../target.ts';

const trusted = new BlockList();
trusted.addSubnet('10.0.0.0', 8, 'ipv4');
const proxy = { address: '10.0.0.1', secure: true, trusted: true };
const head = new RequestHead(64);

export const target: FuzzTarget = {
  reads: 'forwarding fields of a trusted proxy (RFC 7239, X-Forwarded-*)',
  seeds: [
    'X-Forwarded-For: 1.2.3.4, 10.0.0.2\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b.example\r\n',
    'Forwarded: for="[2001:db8::1]:47011";proto=http;host=x\r\nX-Forwarded-For: [2001:db8::1]:80\r\n',
    'X-Forwarded-For: ::ffff:1.2.3.4\r\nX-Forwarded-For: unknown, 10.9.9.9\r\n',
  ],
  dictionary: [
    ...[
      'X-Forwarded-For: ',
      'X-Forwarded-Proto: ',
      'X-Forwarded-Host: ',
      'Forwarded: ',
      '\r\n',
      ', ',
      ';',
      '"',
      '10.0.0.3',
    ],
    ...['1.2.3.4:80', '[::1]:80', '::ffff:10.0.0.1', 'unknown', 'https', 'HTTP', '_hidden', 'for=', 'proto=', '%eth0'],
  ],
  mostBytes: 600,
  check(input) {
    const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a.example\r\n${input.toString('latin1')}\r\n`, 'latin1');
    if (readRequestHead(bytes, 0, bytes.length, head) !== bytes.length) return 'no head';
    const { clientAddress, scheme, lines } = forwardingOf(proxy, head.host, head, trusted);
    assert.notEqual(isIP(clientAddress), 0, clientAddress);
    assert.ok(scheme === 'https' || scheme === 'http');
    const text = lines.toString('latin1');
    assert.equal(text.split('\r\n').length, 6);
    assert.doesNotMatch(text, /[^\r]\n|\r[^\n]|\0/);
    return `${clientAddress === proxy.address ? 'the proxy' : 'told'}, ${scheme}, ${isIP(clientAddress)}`;
  },
};
