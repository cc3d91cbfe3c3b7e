import { FrameType, frameHeaderLength, write32 } from './frame-type.ts';
import type { FrameWriter } from './frame-writer.ts';

/** Octets before the debug data; a shorter payload is a connection error FRAME_SIZE_ERROR (RFC 9113 §6.8). */
export const goAwayLength = 8;
const longestDebug = 128;

/** Writes a GOAWAY with a short reason for the reader of a packet trace; the reason is ASCII and holds no secrets. */
export function writeGoAway(writer: FrameWriter, lastStreamId: number, code: number, reason: string): void {
  const debug = reason.slice(0, longestDebug);
  const length = goAwayLength + debug.length;
  writer.reserve(frameHeaderLength + length);
  writer.header(length, FrameType.GOAWAY, 0, 0);
  write32(writer.bytes, writer.at, lastStreamId);
  write32(writer.bytes, writer.at + 4, code);
  writer.bytes.write(debug, writer.at + goAwayLength, 'latin1');
  writer.at += length;
}
