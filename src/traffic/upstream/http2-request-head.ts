import { createHash } from 'node:crypto';
import { fieldId } from '../../wire/http1/field-names.ts';
import type { HeadWriter } from '../../wire/http1/head-writer.ts';
import { LF, startsWithIgnoreCase } from '../../wire/http1/octets.ts';
import type { RequestHead } from '../../wire/http1/request-head.ts';
import type { RequestPseudo } from '../../wire/http2/client-connection.ts';
import { KnownName, lastPseudo } from '../../wire/http2/fields/known-names.ts';

const SP = 0x20;
const versionLength = ' HTTP/1.1\r\n'.length;
const connectMethod = 'CONNECT';
/** RFC 6455 §1.3. */
const acceptSalt = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * A request to an HTTP/2 app: the head that was composed for HTTP/1.1, with the places of what become its pseudo-fields
 * (RFC 9113 §8.3.1). Fields that belong to an HTTP/1.1 connection are left out when it is encoded.
 */
export class Http2RequestHead implements RequestPseudo {
  bytes: Buffer = noBytes;
  readonly pseudo: Int32Array = new Int32Array(2 * (lastPseudo + 1));
  fieldsStart = 0;
  fieldsEnd = 0;
  /** The head is all of the request. */
  whole = false;
  secret = false;
  /** What an extended CONNECT asks for (RFC 8441); '' for any other request. */
  protocol = '';
  /** What an HTTP/1.1 client must be told for its WebSocket key; '' for an HTTP/2 client. */
  webSocketAccept = '';

  /** Takes a composed head. Valid as long as the writer's memory is not used again. */
  read(writer: HeadWriter, request: RequestHead, scheme: 'http' | 'https'): void {
    const protocol = extendedProtocol(request);
    this.protocol = protocol;
    this.secret = request.fields.secret;
    this.whole = !request.hasBody && protocol === '';
    writer.length -= 2;
    // Of a connection's own fields this one may pass, for the gate hands trailers on: gRPC apps insist on it.
    if (request.majorVersion === 2 && request.fields.find(fieldId.te) >= 0) writer.text('te: trailers\r\n');
    this.webSocketAccept = protocol !== '' ? takeWebSocketKey(writer, request) : '';
    this.fieldsEnd = writer.length;
    writer.text(scheme);
    writer.text(connectMethod);
    writer.text(protocol);
    const { bytes } = writer;
    this.bytes = bytes;
    const methodEnd = bytes.indexOf(SP);
    const targetEnd = bytes.indexOf(SP, methodEnd + 1);
    this.fieldsStart = targetEnd + versionLength;
    const schemeEnd = this.fieldsEnd + scheme.length;
    const connectEnd = schemeEnd + connectMethod.length;
    if (protocol !== '') this.#set(KnownName.METHOD, schemeEnd, connectEnd);
    else this.#set(KnownName.METHOD, 0, methodEnd);
    this.#set(KnownName.SCHEME, this.fieldsEnd, schemeEnd);
    this.#set(KnownName.PATH, methodEnd + 1, targetEnd);
    this.#set(KnownName.PROTOCOL, connectEnd, writer.length);
    const host = findLine(bytes, this.fieldsStart, this.fieldsEnd, 'host:');
    if (host < 0) this.#set(KnownName.AUTHORITY, 0, 0);
    else this.#set(KnownName.AUTHORITY, ...valueRange(bytes, host + 'host:'.length));
  }

  /** The same in memory of its own. */
  kept(): Http2RequestHead {
    const copy = new Http2RequestHead();
    const end = this.pseudo[2 * KnownName.PROTOCOL + 1]!;
    copy.bytes = Buffer.from(this.bytes.subarray(0, end));
    copy.pseudo.set(this.pseudo);
    copy.fieldsStart = this.fieldsStart;
    copy.fieldsEnd = this.fieldsEnd;
    copy.whole = this.whole;
    copy.secret = this.secret;
    copy.protocol = this.protocol;
    copy.webSocketAccept = this.webSocketAccept;
    return copy;
  }

  #set(id: number, start: number, end: number): void {
    this.pseudo[2 * id] = start;
    this.pseudo[2 * id + 1] = end;
  }
}

/** Any other protocol that an HTTP/1.1 client offers is no more than an offer: without it the request is an ordinary one. */
function extendedProtocol(request: RequestHead): string {
  if (!request.upgrade || request.hasBody) return '';
  if (request.upgradeProtocol !== '') return request.upgradeProtocol;
  return request.fields.get(fieldId.upgrade)?.toLowerCase() === 'websocket' ? 'websocket' : '';
}

/** Takes the key out, for HTTP/2 does without (RFC 8441 §5), and returns what answers it. */
function takeWebSocketKey(writer: HeadWriter, request: RequestHead): string {
  const { bytes, length } = writer;
  const name = 'sec-websocket-key:';
  const line = findLine(bytes, bytes.indexOf(LF) + 1, length, name);
  if (line < 0) return '';
  const key = bytes.toString('latin1', ...valueRange(bytes, line + name.length));
  const next = bytes.indexOf(LF, line) + 1;
  bytes.copyWithin(line, next, length);
  writer.length -= next - line;
  if (request.upgradeProtocol !== '') return '';
  return createHash('sha1').update(`${key}${acceptSalt}`).digest('base64');
}

/** Where the first line that begins with `name:` stands, or -1. */
function findLine(bytes: Buffer, start: number, end: number, name: string): number {
  for (let line = start; line < end; line = bytes.indexOf(LF, line) + 1) {
    if (startsWithIgnoreCase(bytes, line, end, name)) return line;
  }
  return -1;
}

/** Start and end of a value, without the white space around it. */
function valueRange(bytes: Buffer, from: number): [number, number] {
  let start = from;
  let end = bytes.indexOf(LF, from) - 1;
  while (start < end && (bytes[start] === SP || bytes[start] === 9)) start++;
  while (end > start && (bytes[end - 1] === SP || bytes[end - 1] === 9)) end--;
  return [start, end];
}

const noBytes = Buffer.alloc(0);
