import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ChunkedDecoder } from './chunked-decoder.ts';
import { outcomeOf } from './corpus/case.ts';
import { type ChunkedMeaning, chunkedCases, chunkedLimits } from './corpus/chunked-bodies.ts';
import { feedPieces } from './corpus/feed-pieces.ts';

function decoder(): ChunkedDecoder {
  return new ChunkedDecoder(chunkedLimits.trailers, chunkedLimits.trailerBytes);
}

function trailersOf({ trailers }: ChunkedDecoder): string[] {
  return Array.from({ length: trailers.count }, (_, i) => `${trailers.name(i)}=${trailers.value(i)}`);
}

function check(bytes: string, cuts: readonly number[], wanted: ChunkedMeaning | string, used = decoder()): void {
  const message = Buffer.from(bytes, 'latin1');
  const { data, result } = feedPieces(used, message, cuts);
  const cutText = `cut at ${cuts.join()}`;
  if (typeof wanted === 'string') {
    assert.equal(outcomeOf(result), wanted, cutText);
    assert.equal(used.done, false, cutText);
  } else {
    assert.equal(outcomeOf(result), message.length - (wanted.behind?.length ?? 0), cutText);
    assert.equal(data, wanted.data, cutText);
    assert.deepEqual(trailersOf(used), wanted.trailers ?? [], cutText);
    assert.equal(used.done, true, cutText);
  }
}

describe('chunked bodies', () => {
  for (const { name, section, bytes, wanted } of chunkedCases) {
    test(`${section}: ${name}`, () => {
      check(bytes, [], wanted);
      // The long ones are long in one state; every one is also fed an octet at a time.
      const step = bytes.length > 1000 ? 89 : 1;
      for (let cut = 1; cut < bytes.length; cut += step) check(bytes, [cut], wanted);
      check(
        bytes,
        Array.from({ length: bytes.length }, (_, i) => i),
        wanted,
      );
      if (bytes.length > 48) return;
      for (let first = 1; first < bytes.length; first++) {
        for (let second = first; second < bytes.length; second++) check(bytes, [first, second], wanted);
      }
    });
  }

  test('a decoder that was reset in any state decodes like a new one', () => {
    const used = decoder();
    for (const { bytes, wanted } of chunkedCases) {
      for (const cut of [1, 3, 8, bytes.length]) {
        feedPieces(used, Buffer.from(bytes.slice(0, cut), 'latin1'), []);
        used.reset();
        assert.equal(used.trailers.count, 0);
        check(bytes, [], wanted, used);
        used.reset();
      }
    }
  });

  test('trailers stay when the buffer they came in is used again', () => {
    const used = decoder();
    const bytes = Buffer.from('0\r\nA: b\r\n\r\n', 'latin1');
    assert.equal(used.decode(bytes, 0, bytes.length), bytes.length);
    bytes.fill('x');
    assert.deepEqual(trailersOf(used), ['A=b']);
  });

  test('a chunk of the greatest size is counted exactly', () => {
    const used = decoder();
    const bytes = Buffer.from('fffffffffffff\r\n', 'latin1');
    assert.equal(outcomeOf(used.decode(bytes, 0, bytes.length)), 'more');
    const piece = Buffer.alloc(1000);
    assert.equal(outcomeOf(used.decode(piece, 0, 1000)), 'more');
    assert.equal(used.dataEnd, 1000);
  });

  test('no limit is no limit', () => {
    const used = new ChunkedDecoder(1, 0);
    const bytes = Buffer.from(`0\r\nA: ${'b'.repeat(100_000)}\r\n\r\n`);
    const { result } = feedPieces(used, bytes, [5, 50_000]);
    assert.equal(result, bytes.length);
    assert.equal(used.trailers.value(0).length, 100_000);
  });

  test('a finished decoder takes no more', () => {
    const used = decoder();
    const bytes = Buffer.from('0\r\n\r\n\n5\r\n', 'latin1');
    assert.equal(used.decode(bytes, 0, bytes.length), 5);
    assert.equal(outcomeOf(used.decode(bytes, 5, bytes.length)), 'badChunkEnd');
  });
});
