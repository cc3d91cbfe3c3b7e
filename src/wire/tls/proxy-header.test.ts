import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { readProxyHeader } from './proxy-header.ts';
import type { ProxyHeaderResult } from './proxy-header-result.ts';

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

function v2(command: number, family: number, rest: Buffer, length = rest.length): Buffer {
  return Buffer.concat([signature, Buffer.from([command, family, length >> 8, length & 255]), rest]);
}

function ipv4(): Buffer {
  return Buffer.from([203, 0, 113, 9, 192, 0, 2, 1, 0xdc, 0x04, 0x01, 0xbb]);
}

function ipv6(source: string, destination = '20010db8000000000000000000000002'): Buffer {
  return Buffer.concat([Buffer.from(source + destination, 'hex'), Buffer.from([0xdc, 0x04, 0x01, 0xbb])]);
}

const read = (text: string | Buffer): ProxyHeaderResult =>
  readProxyHeader(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);

const told = (sourceAddress: string, destinationAddress: string) => ({
  sourceAddress,
  sourcePort: 56_324,
  destinationAddress,
  destinationPort: 443,
});

const good: readonly (readonly [string, string | Buffer, object | null])[] = [
  ['IPv4 as text', 'PROXY TCP4 203.0.113.9 192.0.2.1 56324 443\r\n', told('203.0.113.9', '192.0.2.1')],
  ['IPv6 as text', 'PROXY TCP6 2001:DB8:0:0::1 2001:db8::2 56324 443\r\n', told('2001:db8::1', '2001:db8::2')],
  ['mapped IPv4 as text', 'PROXY TCP6 ::ffff:203.0.113.9 ::1 56324 443\r\n', told('203.0.113.9', '::1')],
  ['unknown', 'PROXY UNKNOWN\r\n', null],
  ['unknown with anything behind it', 'PROXY UNKNOWN ffff:f...f:ffff x 1 2\r\n', null],
  ['IPv4 in binary', v2(0x21, 0x11, ipv4()), told('203.0.113.9', '192.0.2.1')],
  [
    'IPv4 with additions',
    v2(0x21, 0x11, Buffer.concat([ipv4(), Buffer.from([1, 0, 2, 0x68, 0x32])])),
    told('203.0.113.9', '192.0.2.1'),
  ],
  ['IPv6 in binary', v2(0x21, 0x21, ipv6('20010db8000000000000000000000001')), told('2001:db8::1', '2001:db8::2')],
  [
    'mapped IPv4 in binary',
    v2(0x21, 0x21, ipv6('00000000000000000000ffffcb007109')),
    told('203.0.113.9', '2001:db8::2'),
  ],
  ['no family', v2(0x21, 0, Buffer.from([4, 0, 1, 0])), null],
  ['Unix sockets', v2(0x21, 0x31, Buffer.alloc(216)), null],
];

suite('a whole header', () => {
  for (const [name, header, ends] of good) {
    test(name, () => {
      const octets = Buffer.isBuffer(header) ? header : Buffer.from(header, 'latin1');
      const expected = { kind: 'header', length: octets.length, local: false, ends };
      assert.deepEqual(read(octets), expected);
      assert.deepEqual(read(Buffer.concat([octets, Buffer.from('PROXY TCP4 GET /\r\n')])), expected);
      for (let length = 0; length < octets.length; length++) {
        assert.deepEqual(read(octets.subarray(0, length)), { kind: 'more' }, `${length} octets`);
      }
    });
  }

  test('a health check speaks for itself, whatever it says of addresses', () => {
    for (const family of [0, 0x11, 0x77]) {
      const octets = v2(0x20, family, ipv4());
      assert.deepEqual(read(octets), { kind: 'header', length: octets.length, local: true, ends: null });
    }
  });
});

suite('no header', () => {
  for (const [name, octets] of [
    ['a request', 'GET / HTTP/1.1\r\n'],
    ['a ClientHello', Buffer.from([22, 3, 1])],
    ['lower case', 'proxy TCP4'],
    ['two spaces', 'PROXY  TCP4 203.0.113.9 192.0.2.1 1 2\r\n'],
    ['a tab', 'PROXY TCP4\t203.0.113.9 192.0.2.1 1 2\r\n'],
    ['a leading zero in an address', 'PROXY TCP4 203.0.113.09 192.0.2.1 1 2\r\n'],
    ['an address of the other family', 'PROXY TCP4 ::1 ::1 1 2\r\n'],
    ['IPv4 called IPv6', 'PROXY TCP6 203.0.113.9 192.0.2.1 1 2\r\n'],
    ['a zone', 'PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n'],
    ['a leading zero in a port', 'PROXY TCP4 203.0.113.9 192.0.2.1 01 2\r\n'],
    ['a port out of range', 'PROXY TCP4 203.0.113.9 192.0.2.1 1 65536\r\n'],
    ['a missing port', 'PROXY TCP4 203.0.113.9 192.0.2.1 1\r\n'],
    ['something behind the ports', 'PROXY TCP4 203.0.113.9 192.0.2.1 1 2 3\r\n'],
    ['a space at the end', 'PROXY TCP4 203.0.113.9 192.0.2.1 1 2 \r\n'],
    ['another protocol', 'PROXY UDP4 203.0.113.9 192.0.2.1 1 2\r\n'],
    ['a word that begins as UNKNOWN does', 'PROXY UNKNOWNS\r\n'],
    ['a bare LF', 'PROXY TCP4 203.0.113.9 192.0.2.1 1 2\n'],
    ['a bare CR', 'PROXY UNKNOWN\rPROXY TCP4 203.0.113.9 192.0.2.1 1 2\r\n'],
    ['a line of 108 octets', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`],
    ['another version', v2(0x11, 0x11, ipv4())],
    ['another command', v2(0x22, 0x11, ipv4())],
    ['UDP', v2(0x21, 0x12, ipv4())],
    ['another family', v2(0x21, 0x41, ipv4())],
    ['too little for its addresses', v2(0x21, 0x21, ipv4())],
    ['a length of 4097', v2(0x21, 0x11, Buffer.alloc(0), 4097)],
  ] as const) {
    test(name, () => assert.equal(read(octets).kind, 'failure'));
  }

  test('the longest line is 107 octets', () => {
    assert.equal(read(`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`).kind, 'header');
  });

  test('is told with the first wrong octet', () => {
    assert.equal(read('PROX').kind, 'more');
    assert.equal(read('PROXI').kind, 'failure');
    assert.equal(read(signature.subarray(0, 11)).kind, 'more');
    assert.equal(read(Buffer.concat([signature.subarray(0, 11), Buffer.from('X')])).kind, 'failure');
  });
});

test('any octets give a result, and what is final stays so however much follows', () => {
  const near = fc.constantFrom(
    ...good.map(([, header]) => (Buffer.isBuffer(header) ? header : Buffer.from(header, 'latin1'))),
  );
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.tuple(near, fc.nat(300), fc.nat(255)).map(([header, at, octet]) => {
      const changed = Buffer.from(header);
      changed[at % changed.length] = octet;
      return changed;
    }),
  );
  fc.assert(
    fc.property(octets, fc.uint8Array({ maxLength: 20 }), fc.nat(300), (bytes, behind, cut) => {
      const result = read(bytes);
      const earlier = read(bytes.subarray(0, cut % (bytes.length + 1)));
      if (earlier.kind !== 'more') assert.deepEqual(earlier.kind, result.kind);
      if (result.kind === 'more') return;
      assert.deepEqual(read(Buffer.concat([bytes, behind])), result);
      if (result.kind === 'header') assert.ok(result.length <= bytes.length);
    }),
  );
});
