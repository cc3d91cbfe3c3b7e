import { FrameType, frameHeaderLength, write32 } from './frame-type.ts';
import type { FrameWriter } from './frame-writer.ts';

/** Octets of the payload; any other length is a connection error FRAME_SIZE_ERROR (RFC 9113 §6.4). */
export const rstStreamLength = 4;

export function writeRstStream(writer: FrameWriter, streamId: number, code: number): void {
  writer.reserve(frameHeaderLength + rstStreamLength);
  writer.header(rstStreamLength, FrameType.RST_STREAM, 0, streamId);
  write32(writer.bytes, writer.at, code);
  writer.at += rstStreamLength;
}
