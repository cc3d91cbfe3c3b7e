import { copyBytes } from '../bytes.ts';
import { PrefixViews } from '../prefix-views.ts';
import type { FieldTable } from './field-table.ts';
import { fieldValueOctet } from './octets.ts';

/** Shorter texts are written faster by a loop than by a call into native code. */
const loopWriteLimit = 40;
const QUESTION_MARK = 0x3f;
/** Messages up to this long have their view of the memory made once. */
const longestKeptView = 2048;
const beyondLatin1 = /[\u0100-\uffff]/g;

/**
 * Composes a message head, and behind it as much of the body as fits, so that both leave in one write.
 * One per worker is enough: a message is composed and handed over without giving up control.
 */
export class HeadWriter {
  /** What was composed stands in `bytes[0, length)`. Replaced when it gets too small and by {@link renew}. */
  bytes: Buffer;
  length = 0;
  readonly #size: number;
  #views: PrefixViews;

  /** Starts with `size` bytes of memory. */
  constructor(size: number) {
    this.#size = size;
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.#views = new PrefixViews(this.bytes, longestKeptView);
  }

  /** Begins the next message in the same memory. */
  reset(): void {
    this.length = 0;
  }

  /** Begins the next message in fresh memory, because the written bytes are still in use by a socket. */
  renew(): void {
    this.bytes = Buffer.allocUnsafeSlow(this.#size);
    this.#views = new PrefixViews(this.bytes, longestKeptView);
    this.length = 0;
  }

  /** What was composed, to be written; valid until {@link reset}. */
  composed(): Buffer {
    return this.#views.of(this.length);
  }

  /** Bytes that fit before the memory must grow. */
  get room(): number {
    return this.bytes.length - this.length;
  }

  /**
   * Appends a string of ISO 8859-1 characters, line ends included: only for text that is the gate's own. A character
   * beyond them becomes `?`, because cutting it to one octet could make a line end of it.
   */
  text(value: string): void {
    const { length } = value;
    this.#reserve(length);
    if (length > loopWriteLimit) {
      this.length += this.bytes.write(value.replace(beyondLatin1, '?'), this.length, length, 'latin1');
      return;
    }
    let at = this.length;
    for (let i = 0; i < length; i++) {
      const octet = value.charCodeAt(i);
      this.bytes[at++] = octet > 255 ? QUESTION_MARK : octet;
    }
    this.length = at;
  }

  /** Appends all of `source`: field lines made beforehand. */
  line(source: Buffer): void {
    this.copy(source, 0, source.length);
  }

  /** Appends `source[start, end)`. */
  copy(source: Buffer, start: number, end: number): void {
    const length = end - start;
    this.#reserve(length);
    copyBytes(source, start, length, this.bytes, this.length);
    this.length += length;
  }

  /**
   * Appends `name: value` CRLF (RFC 9112 §5). `name` must be a token. Whatever a field value cannot hold (RFC 9110 §5.5)
   * becomes `?`, so no value can end its line.
   */
  field(name: string, value: string): void {
    this.text(name);
    this.text(': ');
    this.#value(value);
    this.text('\r\n');
  }

  /** Appends field `index` of a table as `name: value` CRLF, its octets as they came. */
  fieldOf(table: FieldTable, index: number): void {
    const { offsets, bytes } = table;
    const slot = index * 4;
    this.copy(bytes, offsets[slot]!, offsets[slot + 1]!);
    this.text(': ');
    this.copy(bytes, offsets[slot + 2]!, offsets[slot + 3]!);
    this.text('\r\n');
  }

  #value(value: string): void {
    this.#reserve(value.length);
    let at = this.length;
    for (let i = 0; i < value.length; i++) {
      const octet = value.charCodeAt(i);
      this.bytes[at++] = fieldValueOctet[octet] === 1 ? octet : QUESTION_MARK;
    }
    this.length = at;
  }

  /** Heads are limited where they are read; what rules add may still outgrow the buffer. */
  #reserve(length: number): void {
    if (this.length + length <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + length));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.#views = new PrefixViews(larger, longestKeptView);
  }
}
