import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readInteger, writeInteger } from './integer.ts';

const read = (bytes: readonly number[], mask: number): number =>
  readInteger(Uint8Array.from(bytes), { at: 0, end: bytes.length }, mask);

test('RFC 7541 §5.1, C.1: the examples', () => {
  assert.equal(read([0x0a], 0x1f), 10);
  assert.equal(read([0x1f, 0x9a, 0x0a], 0x1f), 1337);
  assert.equal(read([0x2a], 0xff), 42);
});

test('RFC 7541 §5.1: what is written is read again, whatever the prefix', () => {
  const out = new Uint8Array(8);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7fffffff }), fc.integer({ min: 1, max: 8 }), (value, prefix) => {
      const mask = 2 ** prefix - 1;
      const end = writeInteger(out, 0, 0, mask, value);
      const cursor = { at: 0, end };
      assert.equal(readInteger(out, cursor, mask), value);
      assert.equal(cursor.at, end);
    }),
  );
});

test('RFC 7541 §5.1: values and codings above the limits are errors, and truncated ones', () => {
  assert.equal(read([0x1f, 0xff, 0xff, 0xff, 0xff, 0x0f], 0x1f), -1);
  assert.equal(read([0x1f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 0x1f), -1);
  assert.equal(read([0x1f, 0x9a], 0x1f), -1);
  assert.equal(read([], 0x1f), -1);
});
