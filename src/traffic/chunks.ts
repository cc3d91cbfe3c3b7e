import type { FieldTable } from '../wire/http1/field-table.ts';
import type { HeadWriter } from '../wire/http1/head-writer.ts';
import { isForbiddenTrailer } from '../wire/http1/trailer-fields.ts';
import type { SocketWriter } from './socket-writer.ts';

/** Ends a chunked body without trailers. */
export const lastChunk: Buffer = Buffer.from('0\r\n\r\n', 'latin1');

/** Writes `bytes[start, end)` as one chunk (RFC 9112 §7.1). Returns false when the producer should pause. */
export function writeChunk(writer: SocketWriter, bytes: Buffer, start: number, end: number): boolean {
  const size = end - start;
  if (size === 0) return true;
  const sizeLine = `${size.toString(16)}\r\n`;
  const chunk = Buffer.allocUnsafe(sizeLine.length + size + 2);
  chunk.write(sizeLine, 0, 'latin1');
  bytes.copy(chunk, sizeLine.length, start, end);
  chunk[chunk.length - 2] = 0x0d;
  chunk[chunk.length - 1] = 0x0a;
  return writer.write(chunk, 0, chunk.length, false);
}

/** Appends `bytes[start, end)` as one chunk to what is being composed. */
export function composeChunk(writer: HeadWriter, bytes: Buffer, start: number, end: number): void {
  writer.text(`${(end - start).toString(16)}\r\n`);
  writer.copy(bytes, start, end);
  writer.text('\r\n');
}

/** Ends a chunked body, with those trailer fields that may stand there. */
export function writeLastChunk(writer: SocketWriter, trailers: FieldTable | null): void {
  if (trailers === null || trailers.count === 0) {
    writer.write(lastChunk, 0, lastChunk.length, false);
    return;
  }
  let text = '0\r\n';
  for (let i = 0; i < trailers.count; i++) {
    if (!isForbiddenTrailer(trailers, i)) text += `${trailers.name(i)}: ${trailers.value(i)}\r\n`;
  }
  const bytes = Buffer.from(`${text}\r\n`, 'latin1');
  writer.write(bytes, 0, bytes.length, false);
}
