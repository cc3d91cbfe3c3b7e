import { readFieldLines } from './field-lines.ts';
import { FieldTable } from './field-table.ts';
import { CR, fieldValueOctet, HTAB, LF, SEMICOLON, SP } from './octets.ts';
import { failure, needMore } from './outcome.ts';

/** A chunk larger than 2^52 bytes is no chunk; 13 hexadecimal digits keep every size exact. */
const mostSizeDigits = 13;
/** Extensions and padding behind sizes are read and dropped; a whole message may spend this many bytes on them. */
const mostExtensionBytes = 4096;

const state = {
  size: 0,
  padding: 1,
  extension: 2,
  sizeEnd: 3,
  data: 4,
  dataEndCr: 5,
  dataEndLf: 6,
  trailers: 7,
  done: 8,
} as const;

/**
 * Decodes the chunked transfer coding (RFC 9112 §7.1), a piece at a time, in place.
 *
 * ```
 * size -> [padding] -> [extension] -> sizeEnd -> data -> dataEndCr -> dataEndLf -> size …
 *                                        '-> trailers (size 0) -> done
 * ```
 *
 * Strict: lines end in CRLF, a size is 1 to 13 hexadecimal digits, and only white space (which old servers pad with) or
 * an extension may follow it. Extensions are dropped unread, as §7.1.1 wants of who does not know them. A result never
 * depends on where the pieces were cut.
 */
export class ChunkedDecoder {
  /** Where the decoded bytes of the last {@link decode} end; they begin where its input began. */
  dataEnd = 0;
  /**
   * Fields behind the last chunk (RFC 9112 §7.1.2); filled once {@link done}, in memory of their own, valid until the
   * next reset. Ask isForbiddenTrailer before passing one on.
   */
  readonly trailers: FieldTable;
  #state: number = state.size;
  #remaining = 0;
  #sizeDigits = 0;
  #extensionBytes = 0;
  #trailerBytes: Buffer | null = null;
  readonly #mostTrailerBytes: number;

  /** At most `mostTrailers` fields in at most `mostTrailerBytes` bytes, blank line included; 0 bytes: no limit. */
  constructor(mostTrailers: number, mostTrailerBytes: number) {
    this.trailers = new FieldTable(mostTrailers);
    this.#mostTrailerBytes = mostTrailerBytes === 0 ? Number.POSITIVE_INFINITY : mostTrailerBytes;
  }

  /** The whole body was read; only {@link reset} may follow. */
  get done(): boolean {
    return this.#state === state.done;
  }

  /** Makes the decoder ready for the next body. */
  reset(): void {
    this.#state = state.size;
    this.#remaining = 0;
    this.#sizeDigits = 0;
    this.#extensionBytes = 0;
    this.#trailerBytes = null;
    this.trailers.count = 0;
  }

  /**
   * Decodes `bytes[start, end)`, moving the data to `bytes[start, dataEnd)`. The caller must own the bytes; those outside
   * the range stay as they are, and so do those behind the body. Returns the offset behind the body when it is complete,
   * `needMore` when all bytes were used, or a failure, after which only {@link reset} may follow.
   */
  decode(bytes: Buffer, start: number, end: number): number {
    let i = start;
    let out = start;
    this.dataEnd = start;
    while (i < end) {
      if (this.#state === state.data) {
        const length = Math.min(this.#remaining, end - i);
        if (out !== i) bytes.copyWithin(out, i, i + length);
        out += length;
        i += length;
        this.#remaining -= length;
        this.dataEnd = out;
        if (this.#remaining === 0) this.#state = state.dataEndCr;
      } else if (this.#state === state.trailers) {
        return this.#readTrailers(bytes, i, end);
      } else {
        const failed = this.#readDelimiter(bytes[i]!);
        if (failed < 0) return failed;
        i++;
      }
    }
    return needMore;
  }

  /** Takes one octet of anything but data and trailers; returns 0 or a failure. */
  #readDelimiter(octet: number): number {
    switch (this.#state) {
      case state.size:
        return this.#readSize(octet);
      case state.padding:
        return this.#readAfterSize(octet);
      case state.extension:
        if (octet === CR) this.#state = state.sizeEnd;
        else if (fieldValueOctet[octet] !== 1) return failure.badChunkSize;
        else if (++this.#extensionBytes > mostExtensionBytes) return failure.chunkExtensionTooLong;
        return 0;
      case state.sizeEnd:
        if (octet !== LF) return failure.badChunkSize;
        this.#state = this.#remaining === 0 ? state.trailers : state.data;
        this.#sizeDigits = 0;
        return 0;
      case state.dataEndCr:
        if (octet !== CR) return failure.badChunkEnd;
        this.#state = state.dataEndLf;
        return 0;
      case state.dataEndLf:
        if (octet !== LF) return failure.badChunkEnd;
        this.#state = state.size;
        return 0;
      default:
        return failure.badChunkEnd;
    }
  }

  #readSize(octet: number): number {
    const digit = hexValue[octet]!;
    if (digit < 16) {
      if (++this.#sizeDigits > mostSizeDigits) return failure.badChunkSize;
      this.#remaining = this.#remaining * 16 + digit;
      return 0;
    }
    return this.#sizeDigits === 0 ? failure.badChunkSize : this.#readAfterSize(octet);
  }

  #readAfterSize(octet: number): number {
    if (octet === CR) this.#state = state.sizeEnd;
    else if (octet === SEMICOLON) this.#state = state.extension;
    else if (octet === SP || octet === HTAB) this.#state = state.padding;
    else return failure.badChunkSize;
    if (octet !== CR && ++this.#extensionBytes > mostExtensionBytes) return failure.chunkExtensionTooLong;
    return 0;
  }

  #readTrailers(bytes: Buffer, start: number, end: number): number {
    if (this.#trailerBytes === null && end - start > 1 && bytes[start] === CR && bytes[start + 1] === LF) {
      this.#state = state.done;
      return start + 2;
    }
    // Never more than the limit is looked at, so that how the section was cut into pieces decides nothing.
    const kept = this.#trailerBytes?.length ?? 0;
    const taken = bytes.subarray(start, Math.min(end, start + this.#mostTrailerBytes - kept));
    const section = this.#trailerBytes === null ? Buffer.from(taken) : Buffer.concat([this.#trailerBytes, taken]);
    const outcome = readFieldLines(section, 0, section.length, this.trailers);
    if (outcome > 0) {
      this.#state = state.done;
      return start + outcome - kept;
    }
    if (outcome < 0) return outcome;
    this.#trailerBytes = section;
    return section.length >= this.#mostTrailerBytes ? failure.headTooLarge : needMore;
  }
}

/** Value of a hexadecimal digit, 255 for every other octet. */
const hexValue = new Uint8Array(256).fill(255);
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  hexValue[digit.charCodeAt(0)] = value;
  hexValue[digit.toUpperCase().charCodeAt(0)] = value;
}
