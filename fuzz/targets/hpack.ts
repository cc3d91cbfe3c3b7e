import assert from 'node:assert/strict';
import { errorName } from '../../src/wire/http2/errors.ts';
import { FieldSection, SectionKind } from '../../src/wire/http2/fields/field-section.ts';
import { Decoder, longestLine } from '../../src/wire/http2/hpack/decoder.ts';
import type { FuzzTarget } from '../target.ts';

const section = new FieldSection(16_384, 128, longestLine(65_536, 4096));
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** Three blocks of one connection, the second and third of which may use what the first left in the table. */
function blocksOf(input: Buffer): Buffer[] {
  const size = Math.max(1, Math.ceil(input.length / 3));
  return [0, size, 2 * size].map((at) => input.subarray(at, at + size));
}

function decodeAll(input: Buffer): string[] {
  const decoder = new Decoder(4096, 1 << 18);
  const told: string[] = [];
  for (const block of [...blocksOf(input), input]) {
    section.begin(SectionKind.REQUEST);
    const copy = Buffer.from(block);
    const code = decoder.decode(copy, 0, copy.length, section);
    assert.ok(copy.equals(block), 'the block was written to');
    assert.ok(decoder.tableSize <= 4096);
    assert.ok(section.end <= section.bytes.length);
    told.push(code === 0 ? section.bytes.toString('latin1', section.fieldsStart, section.end) : errorName(code));
    if (code !== 0) break;
    if (section.malformed === null && !section.tooLarge) checkLines();
  }
  return told;
}

/** What passed as well-formed is lines of an HTTP/1.1 head and nothing else. */
function checkLines(): void {
  const text = section.bytes.toString('latin1', section.fieldsStart, section.end);
  const lines = text === '' ? [] : text.split('\r\n').slice(0, -1);
  assert.equal(lines.length, section.count, text);
  for (const line of lines) assert.match(line, /^[!#$%&'*+.^_`|~0-9a-z-]+: [^\r\n\0]*$/);
}

export const target: FuzzTarget = {
  reads: 'HPACK field blocks (RFC 7541), several on one connection',
  seeds: [
    hex('828684410f7777772e6578616d706c652e636f6d'),
    hex('828684be58086e6f2d6361636865'),
    hex('828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565'),
    hex('828684418cf1e3c2e5f23a6ba0ab90f4ff'),
    hex('828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf'),
    hex('3fe11f'),
    hex('4003782d61017840037820620179c0be'),
    hex('ffffffffffff'),
    hex('00036162630378790a'),
  ],
  dictionary: [
    '\x82',
    '\x84',
    '\x86',
    '\x87',
    '\xbe',
    '\xbf',
    '\x20',
    '\x3f\xe1\x1f',
    '\x40\x01a\x01b',
    '\x00\x01a\x01b',
    '\x10',
    '\x7f\x80\x01',
    '\xff\x80\x80\x01',
    '\x8cf',
    '\x0f\x0d\x015',
  ],
  mostBytes: 1000,
  check(input) {
    const told = decodeAll(input);
    assert.deepEqual(decodeAll(input), told);
    const last = told.at(-1) ?? '';
    return /^[A-Z_]+$/.test(last) ? last : section.malformed === null ? 'fields' : `malformed: ${section.malformed}`;
  },
};
