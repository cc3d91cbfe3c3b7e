import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fieldsOf } from '../../../../test/http2/gate.ts';
import { FieldSection, SectionKind } from '../fields/field-section.ts';
import { Decoder, longestLine } from './decoder.ts';
import { Encoder, headOverhead, sizeOf, sizeOfLines } from './encoder.ts';

type Pairs = readonly (readonly [string, string])[];

function encode(encoder: Encoder, status: number, pairs: Pairs): Buffer {
  const fields = fieldsOf(pairs);
  const bound = headOverhead + sizeOf(fields);
  const out = Buffer.alloc(bound + 8, 0xee);
  let at = encoder.begin(out, 0);
  at = encoder.status(out, at, status);
  at = encoder.fields(out, at, fields);
  assert.deepEqual(out.subarray(bound), Buffer.alloc(8, 0xee), 'it wrote beyond the room it asks for');
  return out.subarray(0, at);
}

const newSection = (): FieldSection => new FieldSection(65536, 300, longestLine(65536, 4096));

function decode(decoder: Decoder, block: Buffer): string[] {
  const section = newSection();
  section.begin(SectionKind.RESPONSE);
  assert.equal(decoder.decode(block, 0, block.length, section), 0);
  return section.bytes.toString('latin1', 0, section.end).split('\r\n').slice(0, -1);
}

const appHead: Pairs = [
  ['Server', 'nginx/1.22.1'],
  ['Content-Type', 'text/html; charset=utf-8'],
  ['Cache-Control', 'max-age=60'],
  ['X-Frame-Options', 'DENY'],
];

test('a head that repeats costs an octet a field from the third time on', () => {
  const encoder = new Encoder();
  const decoder = new Decoder(4096, 1 << 20);
  const wanted = [':status: 200', ...appHead.map(([name, value]) => `${name.toLowerCase()}: ${value}`)];
  const lengths = [1, 2, 3].map(() => {
    const block = encode(encoder, 200, appHead);
    assert.deepEqual(decode(decoder, block), wanted);
    return block.length;
  });
  assert.equal(lengths[2], 1 + appHead.length);
});

test('names that differ in a single octet or bit are told apart, whatever stood in their place before', () => {
  const encoder = new Encoder();
  const decoder = new Decoder(4096, 1 << 20);
  const out = Buffer.alloc(1024);
  for (const first of ['x~y', 'x^y', 'x_y', 'x-y', 'xzy', 'q', 'x0y', 'x|y']) {
    for (const second of ['x~y', 'x^y', 'X^Y', 'X_Y', 'xZy', 'Q', 'x|y', "x'y", 'x`y']) {
      for (const name of [first, first, first, second]) {
        const lines = Buffer.from(`${name}: value\r\n`, 'latin1');
        const at = encoder.lines(out, encoder.status(out, encoder.begin(out, 0), 200), lines, 0, lines.length);
        assert.deepEqual(decode(decoder, out.subarray(0, at)), [':status: 200', `${name.toLowerCase()}: value`]);
      }
    }
  }
});

test('RFC 9113 §8.2.2: fields that speak of one connection are left out', () => {
  const block = encode(new Encoder(), 200, [
    ['Connection', 'close'],
    ['Keep-Alive', 'timeout=5'],
    ['Proxy-Connection', 'x'],
    ['Transfer-Encoding', 'chunked'],
    ['Upgrade', 'h2c'],
    ['Vary', 'x'],
  ]);
  assert.deepEqual(decode(new Decoder(4096, 1 << 20), block), [':status: 200', 'vary: x']);
});

test('RFC 7541 §7.1.3: credentials are literals that nobody may index, however often they are sent', () => {
  const encoder = new Encoder();
  for (let round = 0; round < 3; round++) {
    const block = encode(encoder, 200, [['Set-Cookie', 'session=secret']]);
    assert.equal(block[1]! & 0xf0, 0x10);
  }
});

test('values that never repeat do not fill the table', () => {
  const encoder = new Encoder();
  const decoder = new Decoder(4096, 1 << 20);
  for (let round = 0; round < 50; round++) decode(decoder, encode(encoder, 200, [['X-Request-Id', `${round}`]]));
  assert.equal(decoder.tableSize, 0);
});

test('RFC 7541 §4.2: a smaller table of the peer is announced at the start of the next block, and kept to', () => {
  const encoder = new Encoder();
  for (let round = 0; round < 3; round++) encode(encoder, 200, appHead);
  encoder.setLimit(0);
  encoder.setLimit(64);
  const block = encode(encoder, 200, appHead);
  assert.deepEqual([...block.subarray(0, 3)], [0x20, 0x3f, 0x21]);
  const decoder = new Decoder(64, 1 << 20);
  decoder.setLimit(64);
  assert.equal(decode(decoder, block).length, 1 + appHead.length);
  for (let round = 0; round < 3; round++) {
    decode(decoder, encode(encoder, 200, appHead));
    assert.ok(decoder.tableSize <= 64);
  }
});

test('RFC 7541 §4.2: a larger table of the peer is not used above our own', () => {
  const encoder = new Encoder();
  encoder.setLimit(65536);
  assert.equal(encode(encoder, 200, [])[0], 0x88);
});

test('lines of an HTTP/1.1 head are encoded as their fields are, and within the room asked for', () => {
  const name = fc.oneof(
    fc.constantFrom('X', 'X-A', 'Server', 'Connection', 'n'.repeat(130), 'Set-Cookie'),
    fc.stringMatching(/^[A-Za-z-]{1,12}$/),
  );
  const value = fc.oneof(
    fc.stringMatching(/^[!-~]{0,30}$/),
    fc.constantFrom('', 'v'.repeat(127), 'w'.repeat(17_000), 'a b'),
  );
  const gap = fc.constantFrom('', ' ', '\t ', '  ');
  fc.assert(
    fc.property(fc.array(fc.array(fc.tuple(name, gap, value, gap), { maxLength: 40 }), { maxLength: 4 }), (heads) => {
      const encoder = new Encoder();
      const other = new Encoder();
      for (const fields of heads) {
        const lines = Buffer.from(
          fields.map(([field, before, text, behind]) => `${field}:${before}${text}${behind}\r\n`).join(''),
        );
        const bound = headOverhead + sizeOfLines(lines.length);
        const out = Buffer.alloc(bound + 8, 0xee);
        const at = encoder.lines(out, encoder.status(out, encoder.begin(out, 0), 200), lines, 0, lines.length);
        assert.deepEqual(out.subarray(bound), Buffer.alloc(8, 0xee));
        const wanted = encode(
          other,
          200,
          fields.map(([field, , text]) => [field, text] as const),
        );
        assert.equal(out.subarray(0, at).equals(wanted), true);
      }
    }),
    { numRuns: 300 },
  );
});

test('random heads come back from our decoder, whatever the two tables hold', () => {
  const name = fc.constantFrom(
    'Server',
    'Date',
    'X-A',
    'x-b',
    'Content-Length',
    'ETag',
    'Set-Cookie',
    'X-Long-Name-Of-A-Field',
  );
  const value = fc.oneof(
    fc.constantFrom('', 'a', 'b', 'gzip'),
    fc.string({ maxLength: 40 }),
    fc.constant('v'.repeat(900)),
  );
  const trimmed = value.map((text) => text.replaceAll(/[^\x21-\x7e]/g, '_'));
  const heads = fc.array(fc.array(fc.tuple(name, trimmed), { maxLength: 12 }), { maxLength: 20 });
  fc.assert(
    fc.property(heads, fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 3 }), (list, limits) => {
      const encoder = new Encoder();
      const decoder = new Decoder(4096, 1 << 20);
      for (const [index, pairs] of list.entries()) {
        const limit = limits[index];
        if (limit !== undefined) encoder.setLimit(Math.min(limit, 4096));
        const lines = decode(decoder, encode(encoder, 200 + index, pairs));
        const wanted = pairs.map(([field, text]) => `${field.toLowerCase()}: ${text}`);
        assert.deepEqual(lines, [`:status: ${200 + index}`, ...wanted]);
      }
    }),
    { numRuns: 300 },
  );
});
