import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { readProxyHeader } from '../../src/wire/tls/proxy-header.ts';
import type { FuzzTarget } from '../target.ts';

const signature = '\r\n\r\n\0\r\nQUIT\n';

export const target: FuzzTarget = {
  reads: 'PROXY protocol headers, versions 1 and 2 (its specification §2), cut anywhere',
  seeds: [
    'PROXY TCP4 203.0.113.9 192.0.2.1 56324 443\r\nGET / HTTP/1.1\r\n',
    'PROXY TCP6 2001:db8::1 ::ffff:1.2.3.4 1 65535\r\n',
    'PROXY UNKNOWN x\r\n',
    `${signature}\x21\x11\0\x0c\xcb\0\x71\x09\xc0\0\x02\x01\xdc\x04\x01\xbb`,
    `${signature}\x21\x21\0\x24${'\x20\x01\x0d\xb8'.repeat(8)}\xdc\x04\x01\xbb`,
    `${signature}\x20\0\0\x07\x04\0\x04abcd`,
    `${signature}\x21\x31\0\xd8${'/'.repeat(216)}`,
  ],
  dictionary: [
    ...['PROXY ', 'TCP4 ', 'TCP6 ', 'UNKNOWN', '\r\n', ' ', signature, '\x21\x11\0\x0c', '\x20\0\0\0', '::ffff:', '0'],
    ...['255.255.255.255', '65536', '65535', '01', '\0\x24', '\xff\xff'],
  ],
  mostBytes: 400,
  check(input) {
    const whole = readProxyHeader(input);
    for (let length = 0; length < input.length; length += input.length < 80 ? 1 : 17) {
      const part = readProxyHeader(input.subarray(0, length));
      if (part.kind !== 'more') assert.deepEqual(part, whole, `cut at ${length}`);
    }
    if (whole.kind !== 'header') return whole.kind === 'failure' ? `failure: ${whole.reason}` : 'more';
    assert.ok(whole.length > 0 && whole.length <= input.length);
    const { ends } = whole;
    if (ends === null) return 'header without ends';
    for (const address of [ends.sourceAddress, ends.destinationAddress]) assert.notEqual(isIP(address), 0, address);
    for (const port of [ends.sourcePort, ends.destinationPort]) assert.ok(port >= 0 && port <= 65_535);
    return `header, ${isIP(ends.sourceAddress)}`;
  },
};
