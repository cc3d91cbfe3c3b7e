import { connectionOption, readConnectionOptions } from './connection-field.ts';
import { readDecimal } from './content-length.ts';
import { readFieldLines } from './field-lines.ts';
import { fieldId } from './field-names.ts';
import { FieldTable } from './field-table.ts';
import { LastHead } from './last-head.ts';
import { CR, equalsIgnoreCase, fieldValueOctet, LF, SP } from './octets.ts';
import { failure, needMore } from './outcome.ts';

/** How the end of a response body is found (RFC 9112 §6.3). */
export type ResponseFraming = 'none' | 'length' | 'chunked' | 'close';

/** One response head of an app: where its parts stand in `fields.bytes`, and what its framing fields mean. */
export class ResponseHead {
  readonly fields: FieldTable;
  /** What was read into it last. */
  readonly last = new LastHead();
  /** 100 to 999; what is above 599 is passed on, clients treat it as 5xx (RFC 9110 §15). */
  status = 0;
  /** 1, or 2 when the head came by HTTP/2 and was given this form. */
  majorVersion = 1;
  /** 0 for HTTP/1.0, 1 for HTTP/1.1 and whatever can do at least the same. */
  minorVersion = 1;
  /** Where status code and reason phrase stand, as sent; HTTP/2 has no such line. */
  statusStart = 0;
  reasonEnd = 0;
  /** How the end of the body is found; `none` when no octet follows the head. */
  framing: ResponseFraming = 'none';
  /**
   * -1 when the response names none. Also set where no body follows (HEAD, 304). Several fields that agree are one
   * length (RFC 9112 §6.3): who passes the fields on must pass on only one of them.
   */
  contentLength = -1;
  /** The app's side of the connection may be used again. */
  keepAlive = true;
  /** Some Connection field names fields to be removed. */
  connectionNamesFields = false;
  /** It has come through a gateway before (RFC 9110 §7.6.3). */
  hasVia = false;
  /** Seconds the app says it keeps an idle connection (`Keep-Alive: timeout=`); -1 when it does not say. */
  keepAliveTimeout = -1;

  /** Takes at most `mostFields` fields. */
  constructor(mostFields: number) {
    this.fields = new FieldTable(mostFields);
  }

  /** As Via fields name it. */
  get version(): '1.0' | '1.1' | '2.0' {
    if (this.majorVersion === 2) return '2.0';
    return this.minorVersion === 0 ? '1.0' : '1.1';
  }
}

/**
 * Reads one response head from `bytes[start, end)` (RFC 9112 §4). `toHead` says that it answers a HEAD request.
 * Returns the offset of the body, `needMore`, or a failure.
 */
export function readResponseHead(
  bytes: Buffer,
  start: number,
  end: number,
  toHead: boolean,
  head: ResponseHead,
): number {
  const { fields, last } = head;
  const alike = last.alike(bytes, start, end, fields);
  if (alike > 0 && alike === last.length && toHead === last.toHead) return start + alike;
  const known = alike === 0 ? 0 : linesWithin(fields, start + alike);
  last.forget();
  const fieldsStart = known === 0 ? readStatusLine(bytes, start, end, head) : fields.lineEnd(known - 1);
  if (fieldsStart <= 0) return fieldsStart;
  const bodyStart = readFieldLines(bytes, fieldsStart, end, fields, known);
  if (bodyStart <= 0) return bodyStart;
  const verdict = interpretFields(head, toHead);
  if (verdict < 0) return verdict;
  last.keep(bytes, start, bodyStart, toHead, fields);
  return bodyStart;
}

/** How many of the lines in the table end before `end`. */
function linesWithin(fields: FieldTable, end: number): number {
  let lines = 0;
  while (lines < fields.count && fields.lineEnd(lines) <= end) lines++;
  return lines;
}

const ZERO = 0x30;
const NINE = 0x39;
/** How a status line begins; each `0` stands for any digit. */
const statusForm = Buffer.from('HTTP/1.0 000', 'latin1');

/**
 * Reads `HTTP/1.x SP 3DIGIT [SP reason] CRLF` (RFC 9112 §4); many apps leave the space out when there is no reason.
 * A minor version above 1 is read as 1 (RFC 9110 §2.5).
 */
function readStatusLine(bytes: Buffer, start: number, end: number, head: ResponseHead): number {
  const known = Math.min(end - start, statusForm.length);
  for (let i = 0; i < known; i++) {
    const octet = bytes[start + i]!;
    const wanted = statusForm[i]!;
    if (wanted === ZERO ? octet < ZERO || octet > NINE : octet !== wanted) return failure.badStatusLine;
  }
  let i = start + statusForm.length;
  if (i > end) return needMore;
  const status = readDecimal(bytes, i - 3, i);
  if (status < 100) return failure.badStatusLine;
  if (i === end) return needMore;
  if (bytes[i] === SP) i++;
  else if (bytes[i] !== CR) return failure.badStatusLine;
  head.statusStart = start + 9;
  while (i < end && fieldValueOctet[bytes[i]!] === 1) i++;
  head.reasonEnd = i;
  if (i === end) return needMore;
  if (bytes[i] !== CR) return failure.badStatusLine;
  if (i + 1 === end) return needMore;
  if (bytes[i + 1] !== LF) return failure.badStatusLine;
  head.status = status;
  head.minorVersion = bytes[start + 7] === ZERO ? 0 : 1;
  return i + 2;
}

function interpretFields(head: ResponseHead, toHead: boolean): number {
  const { fields } = head;
  const { ids, count, bytes } = fields;
  let length = -1;
  let codings = 0;
  let chunked = false;
  let connections = 0;
  head.keepAliveTimeout = -1;
  head.hasVia = false;
  for (let i = 0; i < count; i++) {
    switch (ids[i]) {
      case 0:
        break;
      case fieldId['content-length']: {
        const value = readDecimal(bytes, fields.valueStart(i), fields.valueEnd(i));
        if (value < 0) return failure.badContentLength;
        if (length >= 0 && length !== value) return failure.severalContentLengths;
        length = value;
        break;
      }
      case fieldId['transfer-encoding']:
        codings++;
        chunked = equalsIgnoreCase(bytes, fields.valueStart(i), fields.valueEnd(i), 'chunked');
        break;
      case fieldId.connection:
        connections++;
        break;
      case fieldId.via:
        head.hasVia = true;
        break;
      case fieldId['keep-alive']:
        head.keepAliveTimeout = readTimeout(fields.value(i));
        break;
    }
  }
  if (codings > 0 && (codings > 1 || !chunked)) return failure.badTransferCoding;
  if (codings > 0 && length >= 0) return failure.lengthAndCoding;
  const options = connections === 0 ? 0 : readConnectionOptions(fields);
  if (options & connectionOption.malformed) return failure.badConnectionField;
  head.connectionNamesFields = (options & connectionOption.namesFields) !== 0;
  head.contentLength = length;
  head.framing = framingOf(head, toHead, chunked, length);
  // Transfer-Encoding in HTTP/1.0 means that some part of the way does not know it: close behind it (RFC 9112 §6.1).
  head.keepAlive =
    head.framing !== 'close' &&
    (codings === 0 || head.minorVersion === 1) &&
    (options & connectionOption.close) === 0 &&
    // HTTP/1.0 has no transfer codings: who sends one may mean something else by it (RFC 9112 §6.1).
    (head.minorVersion === 1 || codings === 0) &&
    (head.minorVersion === 1 || (options & connectionOption.keepAlive) !== 0);
  return 0;
}

function framingOf(head: ResponseHead, toHead: boolean, chunked: boolean, length: number): ResponseFraming {
  const { status } = head;
  if (toHead || status < 200 || status === 204 || status === 304) return 'none';
  if (chunked) return 'chunked';
  if (length >= 0) return length === 0 ? 'none' : 'length';
  return 'close';
}

function readTimeout(value: string): number {
  const match = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(value);
  return match ? Number(match[1]) : -1;
}
