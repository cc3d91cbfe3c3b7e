import { readFieldLines } from './field-lines.ts';
import { FieldTable } from './field-table.ts';
import { CR, fieldValueOctet, HTAB, LF, SEMICOLON, SP } from './octets.ts';
import { failure, needMore } from './outcome.ts';

/** A chunk larger than 2^52 bytes is no chunk; 13 hexadecimal digits keep every size exact. */
const mostSizeDigits = 13;
/** Extensions are read and dropped; a whole message may spend this many bytes on them. */
const mostExtensionBytes = 4096;

const state = {
  size: 0,
  extension: 1,
  sizeEnd: 2,
  data: 3,
  dataEndCr: 4,
  dataEndLf: 5,
  trailers: 6,
  done: 7,
  padding: 8,
} as const;

/**
 * Decodes the chunked transfer coding (RFC 9112 §7.1), a piece at a time, in place.
 *
 * ```
 * size -> padding -> extension -> sizeEnd -> data -> dataEndCr -> dataEndLf -> size …
 *                         '-> trailers (size 0) -> done
 * ```
 */
export class ChunkedDecoder {
  /** Where the decoded bytes of the last {@link decode} end; they begin where its input began. */
  dataEnd = 0;
  /** Fields behind the last chunk; filled once {@link done}. Valid until the next reset. */
  readonly trailers: FieldTable;
  #state: number = state.size;
  #remaining = 0;
  #sizeDigits = 0;
  #extensionBytes = 0;
  #trailerBytes: Buffer | null = null;
  readonly #mostTrailerBytes: number;

  constructor(mostTrailers: number, mostTrailerBytes: number) {
    this.trailers = new FieldTable(mostTrailers);
    this.#mostTrailerBytes = mostTrailerBytes;
  }

  get done(): boolean {
    return this.#state === state.done;
  }

  reset(): void {
    this.#state = state.size;
    this.#remaining = 0;
    this.#sizeDigits = 0;
    this.#extensionBytes = 0;
    this.#trailerBytes = null;
    this.trailers.count = 0;
  }

  /**
   * Decodes `bytes[start, end)`, moving the data to `bytes[start, dataEnd)`. The caller must own the bytes.
   * Returns the offset behind the body when it is complete, `needMore` when all bytes were used, or a failure.
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
        // White space may stand between the size and `;`; some servers pad the size with it.
        if (octet === SEMICOLON) this.#state = state.extension;
        else if (octet === CR) this.#state = state.sizeEnd;
        else if (octet !== SP && octet !== HTAB) return failure.badChunkSize;
        else if (++this.#extensionBytes > mostExtensionBytes) return failure.chunkExtensionTooLong;
        return 0;
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
      default:
        if (octet !== LF) return failure.badChunkEnd;
        this.#state = state.size;
        return 0;
    }
  }

  #readSize(octet: number): number {
    const digit = hexValue[octet]!;
    if (digit < 16) {
      if (++this.#sizeDigits > mostSizeDigits) return failure.badChunkSize;
      this.#remaining = this.#remaining * 16 + digit;
      return 0;
    }
    if (this.#sizeDigits === 0) return failure.badChunkSize;
    if (octet === CR) this.#state = state.sizeEnd;
    else if (octet === SEMICOLON) this.#state = state.extension;
    else if (octet === SP || octet === HTAB) this.#state = state.padding;
    else return failure.badChunkSize;
    return 0;
  }

  #readTrailers(bytes: Buffer, start: number, end: number): number {
    const kept = this.#trailerBytes?.length ?? 0;
    const whole = this.#trailerBytes ? Buffer.concat([this.#trailerBytes, bytes.subarray(start, end)]) : bytes;
    const outcome = readFieldLines(whole, kept > 0 ? 0 : start, kept > 0 ? whole.length : end, this.trailers);
    if (outcome > 0) {
      this.#state = state.done;
      return kept > 0 ? start + outcome - kept : outcome;
    }
    if (outcome < 0) return outcome;
    this.#trailerBytes = kept > 0 ? whole : Buffer.from(bytes.subarray(start, end));
    return this.#trailerBytes.length > this.#mostTrailerBytes ? failure.headTooLarge : needMore;
  }
}

/** Value of a hexadecimal digit, 255 for every other octet. */
const hexValue = new Uint8Array(256).fill(255);
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  hexValue[digit.charCodeAt(0)] = value;
  hexValue[digit.toUpperCase().charCodeAt(0)] = value;
}
