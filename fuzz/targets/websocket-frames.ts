import assert from 'node:assert/strict';
import { FrameBoundary, serverGoingAway } from '../../src/wire/websocket/frame-boundary.ts';
import type { FuzzTarget } from '../target.ts';

/** Where frames end, by plain arithmetic over the whole input. */
function between(input: Buffer): boolean {
  let at = 0;
  while (at < input.length) {
    if (at + 2 > input.length) return false;
    const second = input[at + 1]!;
    const short = second & 0x7f;
    const extra = short === 127 ? 8 : short === 126 ? 2 : 0;
    const headerEnd = at + 2 + extra + ((second & 0x80) === 0 ? 0 : 4);
    if (headerEnd > input.length) return false;
    let length = short;
    if (extra > 0) length = Number(BigInt(`0x${input.toString('hex', at + 2, at + 2 + extra)}`));
    at = headerEnd + length;
  }
  return at === input.length;
}

export const target: FuzzTarget = {
  reads: 'WebSocket frame headers (RFC 6455 §5.2), to know where frames end',
  seeds: ['\x81\x05hello', '\x82\x7e\x01\0', '\x82\xff\0\0\0\0\0\0\0\x02abcdhi', serverGoingAway, '\x01\x80abcd'],
  dictionary: ['\x81\x85abcd', '\x88\x02\x03\xe9', '\x82\x7f\0\0\0\0\0\0\0\x05', '\x82\x7e\0\x05', '\x80\0'],
  mostBytes: 400,
  check(input) {
    const whole = new FrameBoundary();
    whole.follow(input, 0, input.length);
    const pieces = new FrameBoundary();
    for (let at = 0; at < input.length; at++) pieces.follow(input, at, at + 1);
    assert.equal(pieces.betweenFrames, whole.betweenFrames);
    assert.equal(whole.betweenFrames, between(input));
    return whole.betweenFrames ? 'between frames' : 'within a frame';
  },
};
