import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ErrorCode } from '../errors.ts';
import { FieldSection, SectionKind } from '../fields/field-section.ts';
import { Decoder, longestLine } from './decoder.ts';

const newSection = (): FieldSection => new FieldSection(32768, 128, longestLine(65536, 4096));
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

function decode(
  decoder: Decoder,
  block: Buffer,
  kind: number = SectionKind.REQUEST,
): { code: number; lines: string[] } {
  const section = newSection();
  section.begin(kind);
  const code = decoder.decode(block, 0, block.length, section);
  return { code, lines: section.bytes.toString('latin1', 0, section.end).split('\r\n').slice(0, -1) };
}

const newDecoder = (): Decoder => new Decoder(4096, 1 << 18);

const requests: readonly (readonly string[])[] = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [':method: GET', ':scheme: https', ':path: /index.html', ':authority: www.example.com', 'custom-key: custom-value'],
];

describe('RFC 7541 Appendix C: the examples', () => {
  test('C.3: requests without Huffman coding', () => {
    const decoder = newDecoder();
    const blocks = [
      '828684410f7777772e6578616d706c652e636f6d',
      '828684be58086e6f2d6361636865',
      '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
    ];
    for (const [index, block] of blocks.entries()) assert.deepEqual(decode(decoder, hex(block)).lines, requests[index]);
    assert.equal(decoder.tableSize, 164);
  });

  test('C.4: requests with Huffman coding', () => {
    const decoder = newDecoder();
    const blocks = [
      '828684418cf1e3c2e5f23a6ba0ab90f4ff',
      '828684be5886a8eb10649cbf',
      '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
    ];
    for (const [index, block] of blocks.entries()) assert.deepEqual(decode(decoder, hex(block)).lines, requests[index]);
  });

  test('C.6: responses with Huffman coding and eviction from a table of 256 octets', () => {
    const decoder = newDecoder();
    const first = decode(
      decoder,
      hex(
        '3fe101 488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
      ),
      SectionKind.RESPONSE,
    );
    assert.deepEqual(first.lines, [
      ':status: 302',
      'cache-control: private',
      'date: Mon, 21 Oct 2013 20:13:21 GMT',
      'location: https://www.example.com',
    ]);
    assert.equal(decoder.tableSize, 222);
    const second = decode(decoder, hex('4883640effc1c0bf'), SectionKind.RESPONSE);
    assert.deepEqual(second.lines, [':status: 307', ...first.lines.slice(1)]);
    const third = decode(
      decoder,
      hex(
        '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
      ),
      SectionKind.RESPONSE,
    );
    assert.deepEqual(third.lines, [
      ':status: 200',
      'cache-control: private',
      'date: Mon, 21 Oct 2013 20:13:22 GMT',
      'location: https://www.example.com',
      'content-encoding: gzip',
      'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ]);
    assert.equal(decoder.tableSize, 215);
  });
});

describe('decoding errors (RFC 7541 §2.3.3, §4.2, §5.2, §6)', () => {
  const bad = (name: string, block: string): void => {
    test(name, () => assert.equal(decode(newDecoder(), hex(block)).code, ErrorCode.COMPRESSION_ERROR));
  };
  bad('§6.1: index 0', '80');
  bad('§2.3.3: an index beyond both tables', 'be');
  bad('§2.3.3: a name from beyond both tables', '7f00 01 61');
  bad('§4.2, §6.3: a table larger than announced', '3fe21f');
  bad('§4.2: a size update behind a field', '82 20');
  bad('§5.1: a truncated integer', 'ff');
  bad('§5.1: an integer above the limit', 'ffffffffffff0f');
  bad('§5.2: a string longer than the block', '400a 61');
  bad('§5.2: EOS in a string', '0084ffffffff 00');
  bad('§5.2: padding longer than seven bits', '0082 1fff 00');

  test('§4.2: a size update as large as announced is taken', () => {
    assert.equal(decode(newDecoder(), hex('3fe11f 82')).code, ErrorCode.NO_ERROR);
  });

  test('§4.2: after the limit was lowered a block must begin with a size update', () => {
    const decoder = new Decoder(100, 1 << 18);
    decoder.setLimit(100);
    assert.equal(decode(decoder, hex('82')).code, ErrorCode.COMPRESSION_ERROR);
    const honest = new Decoder(100, 1 << 18);
    honest.setLimit(100);
    assert.equal(decode(honest, hex('3f45 82')).code, ErrorCode.NO_ERROR);
  });
});

test('RFC 7541 §4.4: an entry larger than the table empties it and is no error', () => {
  const decoder = newDecoder();
  decode(decoder, hex('400161 0162'));
  assert.equal(decoder.tableSize, 34);
  const large = Buffer.concat([hex('400163 7f9120'), Buffer.alloc(0x7f + 0x1011, 'x')]);
  assert.equal(decode(decoder, large).code, ErrorCode.NO_ERROR);
  assert.equal(decoder.tableSize, 0);
});

test('RFC 7541 §4.4: a name taken from an entry that the insertion evicts is copied first', () => {
  const decoder = newDecoder();
  assert.equal(decode(decoder, hex('3f0a 400161 0162')).code, ErrorCode.NO_ERROR);
  const { code, lines } = decode(decoder, hex('7e 0163'));
  assert.equal(code, ErrorCode.NO_ERROR);
  assert.deepEqual(lines, ['a: c']);
  assert.equal(decoder.tableSize, 34);
});

test('RFC 7541 §2.3.2: duplicate entries are allowed', () => {
  const decoder = newDecoder();
  decode(decoder, hex('400161 0162 400161 0162'));
  assert.equal(decoder.tableSize, 68);
  assert.deepEqual(decode(decoder, hex('be bf')).lines, ['a: b', 'a: b']);
});

test('a block that decodes to far more than it is ends with ENHANCE_YOUR_CALM', () => {
  const decoder = new Decoder(4096, 1 << 17);
  const fill = Buffer.concat([hex('400161 7fa11e'), Buffer.alloc(0x7f + 0xf21, 'x')]);
  assert.equal(decode(decoder, fill).code, ErrorCode.NO_ERROR);
  const { code } = decode(decoder, Buffer.alloc(16000, 0xbe));
  assert.equal(code, ErrorCode.ENHANCE_YOUR_CALM);
});

test('foreign octets never make it throw, and the section stays within its limits', () => {
  const decoder = newDecoder();
  const section = newSection();
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 6 }), (blocks) => {
      for (const octets of blocks) {
        const block = Buffer.from(octets);
        section.begin(SectionKind.REQUEST);
        decoder.decode(block, 0, block.length, section);
        assert.ok(section.end <= 32768 + 1024 && section.count <= 128);
        assert.ok(decoder.tableSize <= 4096);
      }
    }),
    { numRuns: 2000 },
  );
});
