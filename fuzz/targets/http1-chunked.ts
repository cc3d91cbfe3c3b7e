import assert from 'node:assert/strict';
import { ChunkedDecoder } from '../../src/wire/http1/chunked-decoder.ts';
import { fieldsOf } from '../../src/wire/http1/corpus/agreement.ts';
import { outcomeOf } from '../../src/wire/http1/corpus/case.ts';
import { chunkedCases } from '../../src/wire/http1/corpus/chunked-bodies.ts';
import { feedPieces } from '../../src/wire/http1/corpus/feed-pieces.ts';
import { naiveChunks } from '../../src/wire/http1/corpus/naive-reader.ts';
import type { FuzzTarget } from '../target.ts';

const decoder = new ChunkedDecoder(16, 1024);

function feed(input: Buffer, cuts: readonly number[]): ReturnType<typeof feedPieces> & { trailers: string[] } {
  decoder.reset();
  const decoded = feedPieces(decoder, input, cuts);
  return { ...decoded, trailers: decoder.done ? fieldsOf(decoder.trailers) : [] };
}

export const target: FuzzTarget = {
  reads: 'chunked bodies (RFC 9112 §7.1), cut anywhere',
  seeds: chunkedCases.map(({ bytes }) => bytes).filter((bytes) => bytes.length < 600),
  dictionary: [
    ...[
      '\r\n',
      '\n',
      '\r',
      '0\r\n\r\n',
      '0\r\n',
      '5\r\nabcde\r\n',
      '\r\n\r\n',
      ';a=b',
      ';',
      ' ',
      '\t',
      '0x5',
      '+5',
      '-1',
    ],
    ...[
      'fffffffffffff',
      'ffffffffffffffff',
      '000000000000',
      'A: b\r\n',
      'Content-Length: 5\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      '"',
    ],
  ],
  mostBytes: 600,
  check(input) {
    const whole = feed(input, []);
    const { length } = input;
    assert.deepEqual(feed(input, [length >> 2, length >> 1, (length * 3) >> 2]), whole);
    if (length < 64)
      assert.deepEqual(
        feed(
          input,
          Array.from({ length }, (_, i) => i),
        ),
        whole,
      );
    if (whole.result <= 0) return String(outcomeOf(whole.result));
    assert.deepEqual(naiveChunks(input.toString('latin1')), { data: whole.data, end: whole.result });
    return `whole${whole.trailers.length > 0 ? ', trailers' : ''}${whole.result < length ? ', more behind' : ''}`;
  },
};
