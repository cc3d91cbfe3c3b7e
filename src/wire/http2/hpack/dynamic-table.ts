import { copyBytes } from '../../bytes.ts';

/** What an entry costs beyond its name and value (RFC 7541 §4.1). */
export const entryOverhead = 32;

/** Positions in a table are kept in sixteen bits. */
export const mostTableBytes = 32 * 1024;

/** Octets a stored line has beyond name and value: `: ` and CR LF. */
const lineExtra = 4;

/**
 * A dynamic table (RFC 7541 §2.3.2), for either direction. Each entry is kept as the line `name: value CR LF`, the shape in which
 * heads travel here, in one buffer somewhat larger than the table; the oldest entry is at its front. Nothing is allocated
 * before the first insertion. Entries are known by the count of insertions before them, so a name for an entry stays
 * true until the entry is evicted.
 */
export class DynamicTable {
  /** The size in use (RFC 7541 §4.1) and the greatest it may have. */
  size = 0;
  limit: number;
  /** Entries inserted ever; the newest entry is `inserted - 1`. */
  inserted = 0;
  count = 0;
  /** Lines of the entries; `starts` and the lengths point into it. */
  lines: Buffer = empty;
  /** The same memory, to be read by words. */
  words: DataView = noWords;
  starts: Uint16Array = none;
  nameLengths: Uint16Array = none;
  valueLengths: Uint16Array = none;
  /** Sixteen bits of the user's own for each entry. */
  notes: Uint16Array = none;
  /** Ring positions: an entry's place in the arrays is its number & mask. */
  mask = 0;
  readonly #capacity: number;
  #writeAt = 0;

  /** `capacity`: the greatest limit there will ever be, in octets; at most `mostTableBytes`. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.limit = capacity;
  }

  /** Sets the maximum size (RFC 7541 §4.3), evicting what no longer fits. Not above the capacity. */
  resize(limit: number): void {
    this.limit = limit;
    this.#evictTo(limit);
  }

  /** The number of an entry by its distance from the newest (0), or -1 when there is none. */
  numberAt(distance: number): number {
    return distance < this.count ? this.inserted - 1 - distance : -1;
  }

  /** Whether the entry of this number has not been evicted. */
  holds(number: number): boolean {
    return number >= this.inserted - this.count && number < this.inserted;
  }

  /**
   * Adds the line that starts at `start` in `bytes` (RFC 7541 §4.4). An entry larger than the table empties it.
   * False when it was not stored.
   */
  insert(bytes: Buffer, start: number, nameLength: number, valueLength: number, note: number): boolean {
    const size = nameLength + valueLength + entryOverhead;
    if (size > this.limit) {
      this.#evictTo(0);
      return false;
    }
    if (this.mask === 0) this.#allocate();
    this.#evictTo(this.limit - size);
    const length = nameLength + valueLength + lineExtra;
    if (this.#writeAt + length > this.lines.length) this.#makeRoom(length);
    copyBytes(bytes, start, length, this.lines, this.#writeAt);
    const slot = this.inserted & this.mask;
    this.starts[slot] = this.#writeAt;
    this.nameLengths[slot] = nameLength;
    this.valueLengths[slot] = valueLength;
    this.notes[slot] = note;
    this.#writeAt += length;
    this.size += size;
    this.count++;
    this.inserted++;
    return true;
  }

  #evictTo(size: number): void {
    while (this.size > size) {
      const slot = (this.inserted - this.count) & this.mask;
      this.size -= this.nameLengths[slot]! + this.valueLengths[slot]! + entryOverhead;
      this.count--;
    }
  }

  #allocate(): void {
    let slots = 2;
    while (slots < this.#capacity / entryOverhead) slots *= 2;
    this.mask = slots - 1;
    this.starts = new Uint16Array(slots);
    this.nameLengths = new Uint16Array(slots);
    this.valueLengths = new Uint16Array(slots);
    this.notes = new Uint16Array(slots);
  }

  /** Moves the lines to the front, into a larger buffer when they fill most of this one. */
  #makeRoom(length: number): void {
    const oldest = this.inserted - this.count;
    const from = this.count === 0 ? this.#writeAt : this.starts[oldest & this.mask]!;
    const live = this.#writeAt - from;
    const wanted = ((live + length) * 5) >> 2;
    if (wanted > this.lines.length) {
      const most = (this.#capacity * 5) >> 2;
      const grown = Buffer.allocUnsafeSlow(Math.max(Math.min(2 * wanted, most), leastLines));
      this.lines.copy(grown, 0, from, this.#writeAt);
      this.lines = grown;
      this.words = new DataView(grown.buffer, grown.byteOffset, grown.length);
    } else {
      this.lines.copyWithin(0, from, this.#writeAt);
    }
    this.#writeAt = live;
    for (let number = oldest; number < this.inserted; number++) {
      const slot = number & this.mask;
      this.starts[slot] = this.starts[slot]! - from;
    }
  }
}

/** The first buffer for lines. */
const leastLines = 1024;
const empty = Buffer.alloc(0);
const none = new Uint16Array(0);
const noWords = new DataView(new ArrayBuffer(0));
