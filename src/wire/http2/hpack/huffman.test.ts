import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeHuffman } from './huffman.ts';
import { endOfString, huffmanCodes } from './huffman-code.ts';

const bits = new Map(
  huffmanCodes().map(({ symbol, length, code }) => [symbol, code.toString(2).padStart(length, '0')]),
);

function pack(bitString: string): Buffer {
  return Buffer.from((bitString.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
}

/** An encoder as plain as can be: RFC 7541 §5.2 read aloud. */
function encode(text: Uint8Array): Buffer {
  const coded = [...text].map((octet) => bits.get(octet)).join('');
  return pack(coded + '1'.repeat((8 - (coded.length % 8)) % 8));
}

function decode(coded: Buffer): Buffer | null {
  const out = Buffer.alloc(Math.ceil((coded.length * 8) / 5) + 1);
  const end = decodeHuffman(coded, 0, coded.length, out, 0);
  return end < 0 ? null : out.subarray(0, end);
}

test('RFC 7541 Appendix B: codes at both ends of the table', () => {
  assert.equal(bits.get('0'.charCodeAt(0)), '00000');
  assert.equal(bits.get('t'.charCodeAt(0)), '01001');
  assert.equal(bits.get(10), '111111111111111111111111111100');
  assert.equal(bits.get(endOfString), '1'.repeat(30));
});

test('RFC 7541 C.4.1: the example', () => {
  assert.equal(decode(Buffer.from('f1e3c2e5f23a6ba0ab90f4ff', 'hex'))?.toString(), 'www.example.com');
});

test('RFC 7541 §5.2: every string comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (text) => {
      assert.deepEqual(decode(encode(text)), Buffer.from(text));
    }),
  );
});

test('RFC 7541 §5.2: padding of more than seven bits is an error', () => {
  assert.equal(decode(Buffer.concat([encode(Buffer.from('a0')), Buffer.from([0xff])])), null);
  assert.equal(decode(Buffer.from([0xff])), null);
});

test('RFC 7541 §5.2: padding that is not the start of EOS is an error', () => {
  assert.equal(decode(pack(`${bits.get(97)}000`)), null);
  assert.equal(decode(pack(`${bits.get(97)}110`)), null);
});

test('RFC 7541 §5.2: EOS in a string is an error', () => {
  assert.equal(decode(pack(`${bits.get(97)}${bits.get(endOfString)}11111`)), null);
});

test('foreign octets never make it throw or write beyond 8/5 of their length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (coded) => {
      const room = Math.floor((coded.length * 8) / 5);
      const out = Buffer.alloc(room + 8, 0xee);
      const end = decodeHuffman(coded, 0, coded.length, out, 0);
      assert.ok(end <= room);
      assert.deepEqual(out.subarray(room), Buffer.alloc(8, 0xee));
    }),
  );
});
