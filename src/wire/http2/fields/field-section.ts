import { copyBytes, sameBytes } from '../../bytes.ts';
import { isConnectionSpecific, KnownName, lastPseudo } from './known-names.ts';

/** What the section is of: each allows other pseudo-fields (RFC 9113 §8.3). */
export const SectionKind = Object.freeze({ REQUEST: 0, RESPONSE: 1, TRAILERS: 2 });

/** Why a section is malformed (RFC 9113 §8.1.1), for logs and counters. */
export type Malformation =
  | 'field name'
  | 'field value'
  | 'connection-specific field'
  | 'pseudo-field after a field'
  | 'unknown pseudo-field'
  | 'repeated pseudo-field'
  | 'missing pseudo-field'
  | 'pseudo-field of another method'
  | ':method'
  | ':scheme'
  | ':path'
  | ':authority'
  | ':protocol'
  | ':status'
  | 'host unlike :authority'
  | 'content-length';

/**
 * Bits of the note that goes with each field: its known name, what the decoder saw, and, from bit `FieldNote.ID_SHIFT`, the id
 * that the reader's own numbering gives the name.
 */
export const FieldNote = Object.freeze({ NAME: 0x3f, BAD_NAME: 0x40, BAD_VALUE: 0x80, ID_SHIFT: 8 });

/** A table of fields above the wire, as `copyTo` fills it. */
export interface FieldTarget {
  count: number;
  end: number;
  bytes: Buffer;
  secret: boolean;
  readonly offsets: Int32Array;
  readonly ids: Uint8Array;
}

/** Room behind the limit for the line being decoded is the maker's business; this is for what is added at the end. */
const tailRoom = 16;

/**
 * One field section, written as the lines of an HTTP/1.1 head: first those of the pseudo-fields (`:path: /`), then, from
 * `fieldsStart` to `end`, the fields with lower-case names, each `name: value CR LF`. `offsets` has four numbers a field:
 * start and end of its name, start and end of its value. Nothing is allocated after construction, and the object is
 * used again and again: what a reader wants to keep it copies.
 *
 * A section that outgrows the limits is decoded to its end, for the sake of the compression state, and marked `tooLarge`.
 */
export class FieldSection {
  readonly bytes: Buffer;
  count = 0;
  readonly offsets: Int32Array;
  /** Id of each field's name, in the numbering of `FieldIds`. */
  readonly ids: Uint8Array;
  end = 0;
  fieldsStart = 0;
  /** Pseudo-fields: start and end of the value at `2 * id`, start 0 when absent (a value never starts at 0). */
  readonly pseudo: Int32Array = new Int32Array(2 * (lastPseudo + 1));
  /** Value of `content-length`, -1 without. */
  contentLength = -1;
  tooLarge = false;
  malformed: Malformation | null = null;
  /** Octets decoded, with the overhead of RFC 9113 §6.5.2 for each field. */
  decoded = 0;
  kind: number = SectionKind.REQUEST;
  /** A field in it was sent as one that nobody on its way may index (RFC 7541 §6.2.3), besides those that never are. */
  secret = false;
  /** Whether it asks for CONNECT (RFC 9113 §8.5); with `:protocol` it is the extended one (RFC 8441). */
  isConnect = false;
  readonly #maxBytes: number;
  readonly #maxFields: number;
  readonly #hostId: number;
  #cookie = -1;
  #host = -1;
  #priority = -1;

  /**
   * `maxBytes`, `maxFields`: what a section may have. `longestLine`: what one field may take while it is decoded,
   * whether or not it is kept. `hostId`: the id of `host` in the reader's numbering.
   */
  constructor(maxBytes: number, maxFields: number, longestLine: number, hostId = 0) {
    this.#hostId = hostId;
    this.#maxBytes = maxBytes;
    this.#maxFields = maxFields;
    this.bytes = Buffer.allocUnsafeSlow(2 * maxBytes + longestLine + tailRoom);
    this.offsets = new Int32Array(4 * (maxFields + 1));
    this.ids = new Uint8Array(maxFields + 1);
  }

  /** Empties it for a section of this kind. */
  begin(kind: number): void {
    this.kind = kind;
    this.count = 0;
    this.end = 0;
    this.fieldsStart = 0;
    for (let index = 0; index < this.pseudo.length; index++) this.pseudo[index] = 0;
    this.contentLength = -1;
    this.tooLarge = false;
    this.malformed = null;
    this.decoded = 0;
    this.secret = false;
    this.isConnect = false;
    this.#cookie = -1;
    this.#host = -1;
    this.#priority = -1;
  }

  /** Takes the line written at `end`: keeps it, joins it to another, or leaves it behind. */
  add(nameLength: number, valueLength: number, note: number): void {
    const start = this.end;
    const valueStart = start + nameLength + 2;
    const lineEnd = valueStart + valueLength + 2;
    const id = note & FieldNote.NAME;
    this.decoded += nameLength + valueLength + 32;
    if (note & (FieldNote.BAD_NAME | FieldNote.BAD_VALUE))
      this.malformed ??= note & FieldNote.BAD_NAME ? 'field name' : 'field value';
    if (lineEnd > this.#maxBytes || this.count >= this.#maxFields) {
      this.tooLarge = true;
      return;
    }
    if (id !== 0 && id <= KnownName.PRIORITY && !this.#takeSpecial(id, valueStart, valueLength)) return;
    this.#keep(start, nameLength, valueStart, valueLength, note >> FieldNote.ID_SHIFT);
  }

  #keep(start: number, nameLength: number, valueStart: number, valueLength: number, id: number): void {
    const slot = this.count * 4;
    if (slot === 0) this.fieldsStart = start;
    this.offsets[slot] = start;
    this.offsets[slot + 1] = start + nameLength;
    this.offsets[slot + 2] = valueStart;
    this.offsets[slot + 3] = valueStart + valueLength;
    this.ids[this.count] = id;
    this.end = valueStart + valueLength + 2;
    this.count++;
  }

  /** Whether a field that has rules of its own is kept as any other. */
  #takeSpecial(id: number, valueStart: number, valueLength: number): boolean {
    if (id <= lastPseudo) {
      this.#takePseudo(id, valueStart, valueLength);
      return false;
    }
    if (isConnectionSpecific(id)) this.malformed ??= 'connection-specific field';
    else if (id === KnownName.TE && !this.#isTrailers(valueStart, valueLength)) {
      this.malformed ??= 'connection-specific field';
    } else if (id === KnownName.CONTENT_LENGTH) this.#takeLength(valueStart, valueLength);
    else if (id === KnownName.COOKIE && this.kind === SectionKind.REQUEST)
      return this.#takeCookie(valueStart, valueLength);
    else if (id === KnownName.HOST) {
      if (this.#host >= 0) this.malformed ??= 'host unlike :authority';
      this.#host = this.count;
    } else if (id === KnownName.PRIORITY) this.#priority = this.count;
    return true;
  }

  #takePseudo(id: number, valueStart: number, valueLength: number): void {
    const allowed =
      this.kind === SectionKind.REQUEST
        ? id !== KnownName.STATUS
        : this.kind === SectionKind.RESPONSE && id === KnownName.STATUS;
    if (!allowed) this.malformed ??= 'unknown pseudo-field';
    if (this.count > 0) this.malformed ??= 'pseudo-field after a field';
    if (this.pseudo[2 * id] !== 0) this.malformed ??= 'repeated pseudo-field';
    this.pseudo[2 * id] = valueStart;
    this.pseudo[2 * id + 1] = valueStart + valueLength;
    this.end = valueStart + valueLength + 2;
    this.fieldsStart = this.end;
  }

  #isTrailers(start: number, length: number): boolean {
    return sameBytes(this.bytes, start, trailersToken, 0, trailersToken.length) && length === trailersToken.length;
  }

  /** One number of at most 15 digits, at most once: lists, signs and repetitions are how requests get smuggled. */
  #takeLength(start: number, length: number): void {
    let value = 0;
    let digits = length > 0 && length <= 15 && this.contentLength < 0 && this.kind !== SectionKind.TRAILERS;
    for (let index = start; index < start + length && digits; index++) {
      const digit = this.bytes[index]! - 48;
      digits = digit >= 0 && digit <= 9;
      value = value * 10 + digit;
    }
    if (digits) this.contentLength = value;
    else this.malformed ??= 'content-length';
  }

  /** Joins the crumbs of a cookie with `; ` (RFC 9113 §8.2.3). True for the first, which is kept as any field. */
  #takeCookie(valueStart: number, valueLength: number): boolean {
    if (this.#cookie < 0) {
      this.#cookie = this.count;
      return true;
    }
    const { bytes, offsets } = this;
    const slot = this.#cookie * 4;
    const crumb = offsets[slot + 3]!;
    const grown = valueLength + 2;
    const parked = valueStart + valueLength + tailRoom;
    bytes.copyWithin(parked, valueStart, valueStart + valueLength);
    bytes.copyWithin(crumb + grown, crumb, this.end);
    bytes[crumb] = 59;
    bytes[crumb + 1] = 32;
    // The line that came in began behind `end` and its parked value lies behind both, so neither was overwritten.
    bytes.copyWithin(crumb + 2, parked, parked + valueLength);
    offsets[slot + 3] = crumb + grown;
    for (let index = slot + 4; index < this.count * 4; index++) offsets[index] = offsets[index]! + grown;
    this.end += grown;
    return false;
  }

  /** Place of the `host` field among the fields, or -1. */
  get hostIndex(): number {
    return this.#host;
  }

  /** Place of the last `priority` field among the fields, or -1. */
  get priorityIndex(): number {
    return this.#priority;
  }

  /** Appends `host` with the value of `:authority`: what HTTP/1.1 wants to read. */
  appendHost(): void {
    const from = this.pseudo[2 * KnownName.AUTHORITY]!;
    const length = this.pseudo[2 * KnownName.AUTHORITY + 1]! - from;
    const start = this.end;
    copyBytes(hostLine, 0, hostLine.length, this.bytes, start);
    const valueStart = start + hostLine.length;
    copyBytes(this.bytes, from, length, this.bytes, valueStart);
    this.bytes[valueStart + length] = 13;
    this.bytes[valueStart + length + 1] = 10;
    this.#host = this.count;
    this.#keep(start, 4, valueStart, length, this.#hostId);
  }

  /**
   * Copies pseudo-fields and fields to `at` in `bytes`, which has room for `end` octets, and makes `target` the table of the fields
   * there. It must hold one field more than the limit, for `host`. Everything else here that points into `bytes` is `at` further there.
   */
  copyTo(target: FieldTarget, bytes: Buffer, at: number): void {
    copyBytes(this.bytes, 0, this.end, bytes, at);
    target.bytes = bytes;
    target.count = this.count;
    target.secret = this.secret;
    target.end = at + this.end;
    const last = 4 * this.count;
    for (let slot = 0; slot < last; slot++) target.offsets[slot] = this.offsets[slot]! + at;
    for (let index = 0; index < this.count; index++) target.ids[index] = this.ids[index]!;
  }

  /** Text of a pseudo-field, '' when absent. Makes a string: not for every request. */
  pseudoText(id: number): string {
    return this.bytes.toString('latin1', this.pseudo[2 * id]!, this.pseudo[2 * id + 1]!);
  }
}

const trailersToken = Buffer.from('trailers');
const hostLine = Buffer.from('host: ');
