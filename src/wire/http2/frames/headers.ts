import { ErrorCode } from '../errors.ts';
import { Flag, FrameType, frameHeaderLength } from './frame-type.ts';
import { type FrameWriter, writeHeader } from './frame-writer.ts';

/** Where the fragment of a HEADERS frame lies. One object serves many reads. */
export interface Fragment {
  start: number;
  end: number;
}

/**
 * Finds the fragment in the payload of a HEADERS frame (RFC 9113 §6.2), behind pad length and the deprecated priority fields.
 * Returns NO_ERROR or the code of a connection error.
 */
export function readHeaders(flags: number, bytes: Buffer, start: number, end: number, fragment: Fragment): number {
  let at = start;
  let padding = 0;
  if (flags & Flag.PADDED) {
    if (at >= end) return ErrorCode.FRAME_SIZE_ERROR;
    padding = bytes[at++]!;
  }
  if (flags & Flag.PRIORITY) at += 5;
  if (at > end) return ErrorCode.FRAME_SIZE_ERROR;
  if (padding > end - at) return ErrorCode.PROTOCOL_ERROR;
  fragment.start = at;
  fragment.end = end - padding;
  return ErrorCode.NO_ERROR;
}

/** Octets that the frame headers of a field block of this length may take. */
export function headersOverhead(blockLength: number, maxFrame: number): number {
  return frameHeaderLength * (2 + Math.floor(blockLength / maxFrame));
}

/**
 * Frames the field block that was written `frameHeaderLength` behind the writer's position and ends at `end`: as HEADERS and,
 * when it is longer than the peer's frames, CONTINUATION (RFC 9113 §6.10), for which it is moved apart.
 */
export function frameBlock(
  writer: FrameWriter,
  end: number,
  streamId: number,
  endStream: boolean,
  maxFrame: number,
): void {
  const first = writer.at;
  const { bytes } = writer;
  const length = end - first - frameHeaderLength;
  const streamFlag = endStream ? Flag.END_STREAM : 0;
  if (length <= maxFrame) {
    writeHeader(bytes, first, length, FrameType.HEADERS, Flag.END_HEADERS | streamFlag, streamId);
    writer.at = end;
    return;
  }
  const last = Math.ceil(length / maxFrame) - 1;
  for (let index = last; index > 0; index--) {
    const from = first + frameHeaderLength + index * maxFrame;
    const to = from + index * frameHeaderLength;
    const size = Math.min(maxFrame, length - index * maxFrame);
    bytes.copyWithin(to, from, from + size);
    const flags = index === last ? Flag.END_HEADERS : 0;
    writeHeader(bytes, to - frameHeaderLength, size, FrameType.CONTINUATION, flags, streamId);
  }
  writeHeader(bytes, first, maxFrame, FrameType.HEADERS, streamFlag, streamId);
  writer.at = end + last * frameHeaderLength;
}
