import type { FieldTable } from './field-table.ts';

/** Shorter runs are copied faster by a loop than by a call into native code. */
const loopCopyLimit = 48;

/**
 * Composes a message head, and behind it as much of the body as fits, so that both leave in one write.
 * One per worker is enough: a message is composed and handed over without giving up control.
 */
export class HeadWriter {
  bytes: Buffer;
  length = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  reset(): void {
    this.length = 0;
  }

  /** Takes fresh memory, because the written bytes are still in use by a socket. */
  renew(): void {
    this.bytes = Buffer.allocUnsafeSlow(this.bytes.length);
  }

  get room(): number {
    return this.bytes.length - this.length;
  }

  /** Appends a string of ISO 8859-1 characters. */
  text(value: string): void {
    const { length } = value;
    this.#reserve(length);
    if (length > loopCopyLimit) {
      this.length += this.bytes.write(value, this.length, length, 'latin1');
      return;
    }
    let at = this.length;
    for (let i = 0; i < length; i++) this.bytes[at++] = value.charCodeAt(i);
    this.length = at;
  }

  /** Appends `source[start, end)`. */
  copy(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#reserve(length);
    if (length > loopCopyLimit) {
      this.bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.length);
    } else {
      let at = this.length;
      for (let i = start; i < end; i++) this.bytes[at++] = source[i]!;
    }
    this.length += length;
  }

  /** Appends `name: value` CRLF. */
  field(name: string, value: string): void {
    this.text(name);
    this.text(': ');
    this.text(value);
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

  /** Heads are limited where they are read; what rules add may still outgrow the buffer. */
  #reserve(length: number): void {
    if (this.length + length <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + length));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
