import { copyBytes } from '../../bytes.ts';
import { Flag, FrameType } from './frame-type.ts';
import type { FrameWriter } from './frame-writer.ts';

/** Writes one DATA frame (RFC 9113 §6.1); the length is at most the writer's `dataRoom` and the peer's frame size. */
export function writeData(
  writer: FrameWriter,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
  endStream: boolean,
): void {
  const length = end - start;
  writer.header(length, FrameType.DATA, endStream ? Flag.END_STREAM : 0, streamId);
  copyBytes(bytes, start, length, writer.bytes, writer.at);
  writer.at += length;
}
