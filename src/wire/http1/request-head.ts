import { connectionOption, readConnectionOptions } from './connection-field.ts';
import { readContentLength } from './content-length.ts';
import { readFieldLines } from './field-lines.ts';
import { fieldId, imitationId } from './field-names.ts';
import { FieldTable } from './field-table.ts';
import { readHost } from './host-field.ts';
import { CR, equalsIgnoreCase, LF, lowerAscii, SP, startsWithIgnoreCase, targetOctet, tokenLower } from './octets.ts';
import { failure, needMore } from './outcome.ts';
import { offersOtherProtocol } from './upgrade-field.ts';

const slash = 0x2f;
const asterisk = 0x2a;
const questionMark = 0x3f;
const longestMethod = 32;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * One request head: where its parts stand in `fields.bytes`, and what its framing fields mean.
 * An object is filled again for each request; nothing in it is valid before {@link readRequestHead} succeeded.
 */
export class RequestHead {
  readonly fields: FieldTable;
  /** As sent; methods are case-sensitive (RFC 9110 §9.1). */
  method = '';
  /** The target in origin-form or asterisk-form; for absolute-form, what follows the authority. */
  targetStart = 0;
  targetEnd = 0;
  /** Where the path ends: at `?` or at the end of the target. */
  pathEnd = 0;
  /** 1, or 2 when the head came by HTTP/2 and was given this form. */
  majorVersion = 1;
  /** 0 for HTTP/1.0, 1 for HTTP/1.1 and whatever can do at least the same. */
  minorVersion = 1;
  /** The Host field's value, and where its host ends and `:port` begins. */
  hostStart = 0;
  hostEnd = 0;
  hostNameEnd = 0;
  /** -1 when the request has none. */
  contentLength = -1;
  /** The body is chunked (RFC 9112 §7.1); excludes a Content-Length. */
  chunked = false;
  /** What the client asks for (RFC 9112 §9.3); the gate may still close. */
  keepAlive = true;
  /** The client offers to switch protocols (RFC 9110 §7.8), none of them a version of HTTP. */
  upgrade = false;
  /** The protocol that an extended CONNECT asks for (RFC 8441 §4); '' when the fields say what is offered. */
  upgradeProtocol = '';
  /** The client waits for 100 (RFC 9110 §10.1.1). Any other expectation is ignored. */
  expectContinue = false;
  /** Some Connection field names fields to be removed. */
  connectionNamesFields = false;
  /** It has come through a gateway before (RFC 9110 §7.6.3). */
  hasVia = false;

  /** Takes at most `mostFields` fields. */
  constructor(mostFields: number) {
    this.fields = new FieldTable(mostFields);
  }

  /** As Via fields and logs name it. */
  get version(): '1.0' | '1.1' | '2.0' {
    if (this.majorVersion === 2) return '2.0';
    return this.minorVersion === 0 ? '1.0' : '1.1';
  }

  /** Whether body octets follow the head (RFC 9112 §6.3). */
  get hasBody(): boolean {
    return this.chunked || this.contentLength > 0;
  }

  /** The target as sent to the app. An absolute-form target without a path means `/` (RFC 9112 §3.2.1). */
  get target(): string {
    return this.#fromRoot(this.targetEnd);
  }

  /** The target without its query, never empty. */
  get path(): string {
    return this.#fromRoot(this.pathEnd);
  }

  #fromRoot(end: number): string {
    const text = this.fields.bytes.toString('latin1', this.targetStart, end);
    return text === '' || text.charCodeAt(0) === questionMark ? `/${text}` : text;
  }

  /** Host as sent, with its port. */
  get host(): string {
    return this.fields.bytes.toString('latin1', this.hostStart, this.hostEnd);
  }
}

/**
 * Reads one request head from `bytes[start, end)`. Strict: what two servers could read differently is a failure
 * (RFC 9112 §§2-6, §11.2). Returns the offset of the body, `needMore`, or a failure.
 */
export function readRequestHead(bytes: Buffer, start: number, end: number, head: RequestHead): number {
  const fieldsStart = readRequestLine(bytes, start, end, head);
  if (fieldsStart <= 0) return fieldsStart;
  const bodyStart = readFieldLines(bytes, fieldsStart, end, head.fields);
  if (bodyStart <= 0) return bodyStart;
  const verdict = interpretFields(bytes, head);
  return verdict < 0 ? verdict : bodyStart;
}

function readRequestLine(bytes: Buffer, start: number, end: number, head: RequestHead): number {
  let i = start;
  // One empty line before a request is ignored (RFC 9112 §2.2): old clients send it behind a body.
  if (i + 1 < end && bytes[i] === CR && bytes[i + 1] === LF) i += 2;
  const methodStart = i;
  while (i < end && tokenLower[bytes[i]!] !== 0) i++;
  if (i - methodStart > longestMethod) return failure.badMethod;
  if (i >= end) return needMore;
  if (bytes[i] !== SP || i === methodStart)
    return bytes[i] === CR && i + 1 >= end && i === start ? needMore : failure.badMethod;
  head.method = methodName(bytes, methodStart, i);
  const targetStart = ++i;
  let pathEnd = 0;
  while (i < end && targetOctet[bytes[i]!] === 1) {
    if (bytes[i] === questionMark && pathEnd === 0) pathEnd = i;
    i++;
  }
  if (i >= end) return needMore;
  if (bytes[i] !== SP || i === targetStart) return bytes[i] === LF ? failure.bareLineFeed : failure.badTarget;
  head.targetStart = targetStart;
  head.targetEnd = i;
  head.pathEnd = pathEnd === 0 ? i : pathEnd;
  return readVersion(bytes, i + 1, end, head);
}

/** Reads `HTTP/1.x` CRLF (RFC 9112 §2.3). A minor version above 1 is read as 1 (RFC 9110 §2.5). */
function readVersion(bytes: Buffer, start: number, end: number, head: RequestHead): number {
  const known = Math.min(end - start, versionForm.length);
  for (let i = 0; i < known; i++) {
    const octet = bytes[start + i]!;
    const wanted = versionForm[i]!;
    if (wanted === ZERO ? octet >= ZERO && octet <= NINE : octet === wanted) continue;
    if (wanted === CR && octet === LF) return failure.bareLineFeed;
    return wanted === LF ? failure.bareCarriageReturn : failure.badVersion;
  }
  if (known < versionForm.length) return needMore;
  if (bytes[start + 5] !== ZERO + 1) return failure.unsupportedVersion;
  head.majorVersion = 1;
  head.minorVersion = bytes[start + 7] === ZERO ? 0 : 1;
  head.upgradeProtocol = '';
  return start + known;
}

/** What follows the target; each `0` stands for any digit. */
const versionForm = Buffer.from('HTTP/0.0\r\n', 'latin1');

/** Common methods without making a string; methods are case-sensitive (RFC 9110 §9.1). */
export function methodName(bytes: Buffer, start: number, end: number): string {
  if (end - start === 3 && bytes[start] === 0x47 && bytes[start + 1] === 0x45 && bytes[start + 2] === 0x54)
    return 'GET';
  return bytes.toString('latin1', start, end);
}

/** Works out framing, persistence and host; returns 0 or a failure. */
function interpretFields(bytes: Buffer, head: RequestHead): number {
  const { fields } = head;
  const { ids, count } = fields;
  let host = -1;
  let lengths = 0;
  let coding = -1;
  let codings = 0;
  let connections = 0;
  let upgrades = 0;
  head.expectContinue = false;
  head.hasVia = false;
  for (let i = 0; i < count; i++) {
    switch (ids[i]) {
      case 0:
        break;
      case fieldId.host:
        if (host >= 0) return failure.severalHosts;
        host = i;
        break;
      case fieldId['content-length']:
        lengths++;
        break;
      case fieldId['transfer-encoding']:
        coding = i;
        codings++;
        break;
      case fieldId.connection:
        connections++;
        break;
      case fieldId.upgrade:
        upgrades++;
        break;
      case fieldId.expect:
        head.expectContinue ||= equalsIgnoreCase(bytes, fields.valueStart(i), fields.valueEnd(i), '100-continue');
        break;
      case fieldId.via:
        head.hasVia = true;
        break;
      case imitationId:
        return failure.badFieldName;
    }
  }
  if (host < 0) return failure.missingHost;
  head.hostStart = fields.valueStart(host);
  head.hostEnd = fields.valueEnd(host);
  head.hostNameEnd = readHost(bytes, head.hostStart, head.hostEnd);
  if (head.hostNameEnd < 0) return failure.badHost;
  const framing = interpretFraming(head, lengths, coding, codings);
  if (framing < 0) return framing;
  const options = connections === 0 ? 0 : readConnectionOptions(fields);
  if (options & connectionOption.malformed) return failure.badConnectionField;
  head.keepAlive =
    (options & connectionOption.close) === 0 &&
    (head.minorVersion === 1 || (options & connectionOption.keepAlive) !== 0);
  head.connectionNamesFields = (options & connectionOption.namesFields) !== 0;
  // An old client cannot mean either (RFC 9110 §10.1.1, §7.8).
  if (head.minorVersion === 0) head.expectContinue = false;
  head.upgrade =
    upgrades > 0 &&
    head.minorVersion === 1 &&
    (options & connectionOption.upgrade) !== 0 &&
    offersOtherProtocol(fields);
  return bytes[head.targetStart] === slash ? 0 : interpretTarget(bytes, head);
}

function interpretFraming(head: RequestHead, lengths: number, coding: number, codings: number): number {
  const { fields } = head;
  head.contentLength = -1;
  head.chunked = false;
  if (codings > 0) {
    if (lengths > 0) return failure.lengthAndCoding;
    if (head.minorVersion === 0) return failure.codingInOldVersion;
    if (codings > 1) return failure.badTransferCoding;
    if (!equalsIgnoreCase(fields.bytes, fields.valueStart(coding), fields.valueEnd(coding), 'chunked')) {
      return failure.badTransferCoding;
    }
    head.chunked = true;
  } else if (lengths > 0) {
    const length = readContentLength(fields);
    if (length < 0) return length;
    head.contentLength = length;
  }
  return 0;
}

/** Anything but origin-form: `*` for OPTIONS, or an absolute URL that must name the same host as the Host field does. */
function interpretTarget(bytes: Buffer, head: RequestHead): number {
  const { targetStart: start, targetEnd: end } = head;
  // CONNECT is refused whatever its target is: this is a gateway, not a forward proxy.
  if (head.method === 'CONNECT') return 0;
  if (bytes[start] === asterisk && end - start === 1) return head.method === 'OPTIONS' ? 0 : failure.badTarget;
  let authority = start;
  if (startsWithIgnoreCase(bytes, start, end, 'http://')) authority += 7;
  else if (startsWithIgnoreCase(bytes, start, end, 'https://')) authority += 8;
  else return failure.badTarget;
  let i = authority;
  while (i < end && bytes[i] !== slash && bytes[i] !== questionMark) i++;
  if (!sameIgnoringCase(bytes, authority, i, head.hostStart, head.hostEnd)) return failure.hostDisagrees;
  head.targetStart = i;
  return 0;
}

function sameIgnoringCase(bytes: Buffer, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let i = 0; i < end - start; i++) {
    if (lowerAscii(bytes[start + i]!) !== lowerAscii(bytes[otherStart + i]!)) return false;
  }
  return true;
}
