import { fieldId } from '../wire/http1/field-names.ts';
import type { FieldTable } from '../wire/http1/field-table.ts';
import type { SocketWriter } from './socket-writer.ts';

const lineEnd = Buffer.from('\r\n', 'latin1');
const lastChunk = Buffer.from('0\r\n\r\n', 'latin1');

/** Above this a chunk is written in three pieces rather than copied into one. */
const copyLimit = 32 * 1024;

/** Writes `bytes[start, end)` as one chunk (RFC 9112 §7.1). Returns false when the producer should pause. */
export function writeChunk(writer: SocketWriter, bytes: Buffer, start: number, end: number, shared: boolean): boolean {
  const size = end - start;
  if (size === 0) return true;
  const sizeLine = `${size.toString(16)}\r\n`;
  if (size <= copyLimit) {
    const chunk = Buffer.allocUnsafe(sizeLine.length + size + 2);
    chunk.write(sizeLine, 0, 'latin1');
    bytes.copy(chunk, sizeLine.length, start, end);
    chunk[chunk.length - 2] = 0x0d;
    chunk[chunk.length - 1] = 0x0a;
    return writer.write(chunk, 0, chunk.length, false);
  }
  const head = Buffer.from(sizeLine, 'latin1');
  writer.cork();
  writer.write(head, 0, head.length, false);
  writer.write(bytes, start, end, shared);
  const more = writer.write(lineEnd, 0, lineEnd.length, false);
  writer.uncork();
  return more;
}

/** Names that must not stand behind a body: framing, routing and what the gate has already judged (RFC 9110 §6.5.1). */
const forbidden = new Set<number>([
  fieldId.host,
  fieldId['content-length'],
  fieldId['transfer-encoding'],
  fieldId.connection,
  fieldId['keep-alive'],
  fieldId.te,
  fieldId.trailer,
  fieldId.upgrade,
  fieldId.expect,
  fieldId['x-forwarded-for'],
  fieldId['x-forwarded-proto'],
  fieldId['x-forwarded-host'],
  fieldId['x-real-ip'],
  fieldId.forwarded,
  fieldId.via,
  fieldId.proxy,
  fieldId['set-cookie'],
  fieldId.cookie,
  fieldId.authorization,
  fieldId['content-type'],
  fieldId.location,
]);

/** Names the gate states itself, in every spelling that an app may take for them. */
const forwardingName = /^(?:x[-_]forwarded[-_]|x[-_]real[-_]ip$)/i;

/** Ends a chunked body, with those trailer fields that may stand there. */
export function writeLastChunk(writer: SocketWriter, trailers: FieldTable | null): void {
  if (trailers === null || trailers.count === 0) {
    writer.write(lastChunk, 0, lastChunk.length, false);
    return;
  }
  let text = '0\r\n';
  for (let i = 0; i < trailers.count; i++) {
    if (!forbidden.has(trailers.ids[i]!) && !forwardingName.test(trailers.name(i)))
      text += `${trailers.name(i)}: ${trailers.value(i)}\r\n`;
  }
  const bytes = Buffer.from(`${text}\r\n`, 'latin1');
  writer.write(bytes, 0, bytes.length, false);
}
