import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameBoundary } from './frame-boundary.ts';

/** A frame as RFC 6455 §5.2 draws it. */
function frame(length: number, masked: boolean): Buffer {
  const mask = masked ? 0x80 : 0;
  const head =
    length < 126
      ? Buffer.from([0x82, mask | length])
      : length < 65536
        ? Buffer.from([0x82, mask | 126, length >> 8, length & 255])
        : Buffer.from([0x82, mask | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255]);
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0, 7), Buffer.alloc(length, 0x82)]);
}

test('it is between frames exactly at the ends of frames, however the bytes are cut', () => {
  const lengths = fc.oneof(fc.integer({ min: 0, max: 130 }), fc.constantFrom(65535, 65536, 70000));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(lengths, fc.boolean()), { maxLength: 5 }),
      fc.integer({ min: 1, max: 999 }),
      (shapes, cut) => {
        const frames = shapes.map(([length, masked]) => frame(length, masked));
        const bytes = Buffer.concat(frames);
        const ends = new Set([0]);
        let total = 0;
        for (const each of frames) {
          total += each.length;
          ends.add(total);
        }
        const boundary = new FrameBoundary();
        for (let at = 0; at < bytes.length; at += cut) {
          assert.equal(boundary.betweenFrames, ends.has(at));
          boundary.follow(bytes, at, Math.min(bytes.length, at + cut));
        }
        assert.equal(boundary.betweenFrames, true);
      },
    ),
  );
});
