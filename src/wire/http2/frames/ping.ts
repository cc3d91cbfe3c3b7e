import { copyBytes } from '../../bytes.ts';
import { Flag, FrameType, frameHeaderLength } from './frame-type.ts';
import type { FrameWriter } from './frame-writer.ts';

/** Octets of the payload; any other length is a connection error FRAME_SIZE_ERROR (RFC 9113 §6.7). */
export const pingLength = 8;

/** Writes a PING with the eight octets at `start`. */
export function writePing(writer: FrameWriter, ack: boolean, opaque: Buffer, start: number): void {
  writer.reserve(frameHeaderLength + pingLength);
  writer.header(pingLength, FrameType.PING, ack ? Flag.ACK : 0, 0);
  copyBytes(opaque, start, pingLength, writer.bytes, writer.at);
  writer.at += pingLength;
}
