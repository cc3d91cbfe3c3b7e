import { FrameType, frameHeaderLength, write32 } from './frame-type.ts';
import type { FrameWriter } from './frame-writer.ts';

/** Octets of the payload; any other length is a connection error FRAME_SIZE_ERROR (RFC 9113 §6.9). */
export const windowUpdateLength = 4;

export function writeWindowUpdate(writer: FrameWriter, streamId: number, increment: number): void {
  writer.reserve(frameHeaderLength + windowUpdateLength);
  writer.header(windowUpdateLength, FrameType.WINDOW_UPDATE, 0, streamId);
  write32(writer.bytes, writer.at, increment);
  writer.at += windowUpdateLength;
}
