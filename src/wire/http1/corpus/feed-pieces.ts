import assert from 'node:assert/strict';
import type { ChunkedDecoder } from '../chunked-decoder.ts';
import { needMore } from '../outcome.ts';

/** What became of a body: its data, and the offset behind it, a failure, or `needMore`. */
export interface Decoded {
  readonly data: string;
  readonly result: number;
}

const margin = 4;

/**
 * Feeds `message` to `decoder`, cut at the offsets in `cuts` (ascending), each piece in the middle of a buffer of its own;
 * asserts that nothing around a piece, and nothing behind the body, was written to.
 */
export function feedPieces(decoder: ChunkedDecoder, message: Buffer, cuts: readonly number[]): Decoded {
  let data = '';
  let from = 0;
  for (const to of [...cuts, message.length]) {
    const size = to - from;
    const buffer = Buffer.alloc(size + 2 * margin, 0x23);
    message.copy(buffer, margin, from, to);
    const result = decoder.decode(buffer, margin, margin + size);
    assert.ok(decoder.dataEnd >= margin && decoder.dataEnd <= margin + size);
    assert.equal(buffer.toString('latin1', 0, margin), '####');
    assert.equal(buffer.toString('latin1', margin + size), '####');
    data += buffer.toString('latin1', margin, decoder.dataEnd);
    if (result > 0) {
      assert.ok(result > margin && result <= margin + size);
      assert.ok(buffer.subarray(result, margin + size).equals(message.subarray(from + result - margin, to)));
      return { data, result: from + result - margin };
    }
    if (result < 0) return { data, result };
    from = to;
  }
  return { data, result: needMore };
}
