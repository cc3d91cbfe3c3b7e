import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ClientHelloReader, type ClientHelloResult } from '../../src/wire/tls/client-hello.ts';
import type { FuzzTarget } from '../target.ts';

const corpus: unknown = JSON.parse(
  readFileSync(new URL('../../src/wire/tls/client-hello.corpus.json', import.meta.url), 'utf8'),
);

function feed(input: Buffer, size: number): ClientHelloResult {
  const reader = new ClientHelloReader();
  let result: ClientHelloResult = { kind: 'more' };
  for (let at = 0; at < input.length; at += size) result = reader.push(input.subarray(at, at + size));
  assert.ok(reader.received.equals(input));
  return result;
}

export const target: FuzzTarget = {
  reads: 'the ClientHello (RFC 8446 §4.1.2) in records (§5.1), cut anywhere',
  seeds: [
    ...Object.values(corpus ?? {}).map((hex) => Buffer.from(String(hex), 'hex')),
    ...['GET / HTTP/1.1\r\n', '\x16\x03\x01\0\0', '\x15\x03\x03\0\x02\x02\x28', '\x80\x2e\x01\x03\x01'],
  ],
  dictionary: [
    ...[
      '\x16\x03\x01',
      '\x01\0\0',
      '\0\0',
      '\0\x10',
      '\0\x2b',
      '\x02h2',
      '\x08http/1.1',
      '\x0aacme-tls/1',
      '\x03\x03',
      '\x03\x04',
    ],
    ...['a.example', '.', '\0\0\0\x0c\0\x0a\0\0\x07a.local', '\xff\xff', '\0\x01\0'],
  ],
  check(input) {
    const whole = feed(input, Math.max(1, input.length));
    assert.deepEqual(feed(input, 97), whole);
    if (input.length < 160) assert.deepEqual(feed(input, 1), whole);
    return whole.kind === 'failure' ? `failure: ${whole.reason}` : whole.kind;
  },
};
