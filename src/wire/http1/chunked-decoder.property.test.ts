import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChunkedDecoder } from './chunked-decoder.ts';
import { mutation, plainFields, runs } from './corpus/arbitraries.ts';
import { chunkedCases } from './corpus/chunked-bodies.ts';
import { feedPieces } from './corpus/feed-pieces.ts';
import { naiveChunks } from './corpus/naive-reader.ts';

const decoder = new ChunkedDecoder(32, 4096);

const chunk = fc.record({
  data: fc.uint8Array({ minLength: 1, maxLength: 40 }).map((octets) => Buffer.from(octets).toString('latin1')),
  zeros: fc.nat(8),
  upper: fc.boolean(),
  extension: fc.constantFrom('', '', ';a', ';a=b', '; a = "b;c"', ' \t', ' ;x'),
});

const body = fc.record({ chunks: fc.array(chunk, { maxLength: 8 }), trailers: plainFields });

type Body = typeof body extends fc.Arbitrary<infer T> ? T : never;

function bodyText({ chunks, trailers }: Body): string {
  const parts = chunks.map(({ data, zeros, upper, extension }) => {
    const size = data.length.toString(16);
    return `${'0'.repeat(zeros)}${upper ? size.toUpperCase() : size}${extension}\r\n${data}\r\n`;
  });
  return `${parts.join('')}0\r\n${trailers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** Offsets to cut at, as fractions of a message. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

function offsets(fractions: readonly number[], length: number): number[] {
  return fractions.map((fraction) => Math.floor(fraction * length)).sort((a, b) => a - b);
}

test('however data is chunked and cut, the same data comes out', () => {
  fc.assert(
    fc.property(body, cuts, (made, fractions) => {
      const message = Buffer.from(`${bodyText(made)}GET /behind`, 'latin1');
      decoder.reset();
      const { data, result } = feedPieces(decoder, message, offsets(fractions, message.length));
      assert.equal(result, message.length - 'GET /behind'.length);
      assert.equal(data, made.chunks.map((piece) => piece.data).join(''));
      const { trailers } = decoder;
      assert.deepEqual(
        Array.from({ length: trailers.count }, (_, i) => [trailers.name(i), trailers.value(i)]),
        made.trailers,
      );
    }),
    { numRuns: runs },
  );
});

test('a damaged body is refused, waits, or means the same to a careless reader, however it is cut', () => {
  const seeds = fc.oneof(
    fc.constantFrom(...chunkedCases.map(({ bytes }) => bytes).filter((bytes) => bytes.length < 1000)),
    body.map(bodyText),
  );
  fc.assert(
    fc.property(seeds, mutation, cuts, (text, damage, fractions) => {
      const damaged = damage(text);
      const message = Buffer.from(damaged, 'latin1');
      decoder.reset();
      const whole = feedPieces(decoder, message, []);
      decoder.reset();
      assert.deepEqual(feedPieces(decoder, message, offsets(fractions, message.length)), whole);
      if (whole.result > 0) assert.deepEqual(naiveChunks(damaged), { data: whole.data, end: whole.result });
    }),
    { numRuns: runs * 2 },
  );
});
