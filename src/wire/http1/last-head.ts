import { commonStart, WordView } from '../words.ts';
import type { FieldTable } from './field-table.ts';

/** Longer heads are not kept. */
const longestKept = 1024;

/**
 * The head that a reader has read last. One app's heads begin alike (status line, `Server`, `Date`), many are alike altogether, and as
 * far as the octets at the same place are the same, so is what the reader has written into its table.
 */
export class LastHead {
  /** Octets of it, 0 for none. */
  length = 0;
  /** The reader's own: under what conditions the head was read. */
  toHead = false;
  #start = 0;
  #table: FieldTable | null = null;
  readonly #octets = Buffer.allocUnsafeSlow(longestKept);
  readonly #words = new DataView(this.#octets.buffer);
  readonly #view = new WordView();

  /** How many octets of `bytes[start, end)` are those of the last head; 0 when it stood elsewhere or `table` holds something else now. */
  alike(bytes: Buffer, start: number, end: number, table: FieldTable): number {
    if (this.length === 0 || start !== this.#start || table !== this.#table || table.bytes !== bytes) return 0;
    return commonStart(this.#view.of(bytes), start, this.#words, 0, Math.min(this.length, end - start));
  }

  /** Nothing is known any more. */
  forget(): void {
    this.length = 0;
  }

  /** Keeps a head that was read without a failure: the octets that `table` was filled from. */
  keep(bytes: Buffer, start: number, end: number, toHead: boolean, table: FieldTable): void {
    if (end - start > longestKept) return;
    bytes.copy(this.#octets, 0, start, end);
    this.length = end - start;
    this.toHead = toHead;
    this.#start = start;
    this.#table = table;
  }
}
