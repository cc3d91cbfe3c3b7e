/** Memory that is used again and again, to be read by words of four octets. */
export class WordView {
  #bytes: Buffer = Buffer.alloc(0);
  #words = new DataView(this.#bytes.buffer);

  /** `bytes` by words: made anew when it is another buffer than the last time. */
  of(bytes: Buffer): DataView {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    return this.#words;
  }
}

/** Whether two ranges of at least four octets hold the same. */
export function sameWords(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  const last = length - 4;
  for (let index = 0; index < last; index += 4) {
    if (a.getInt32(aStart + index, true) !== b.getInt32(bStart + index, true)) return false;
  }
  return a.getInt32(aStart + last, true) === b.getInt32(bStart + last, true);
}

/** The bit in which a letter of lower case differs from that of upper case, in each octet. */
const lowerCase = 0x20202020;

/**
 * Whether the first of two ranges of at least four octets is the second when its letters are made lower case. `^` in the first is taken
 * for `~` in the second; no other octets of a field name are taken for others.
 */
export function sameLoweredWords(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  const last = length - 4;
  for (let index = 0; index < last; index += 4) {
    if ((a.getInt32(aStart + index, true) | lowerCase) !== b.getInt32(bStart + index, true)) return false;
  }
  return (a.getInt32(aStart + last, true) | lowerCase) === b.getInt32(bStart + last, true);
}

/** How many octets two ranges begin with that are the same in both; up to three less than there are, but `length` when all are. */
export function commonStart(a: DataView, aStart: number, b: DataView, bStart: number, length: number): number {
  let index = 0;
  while (index + 4 <= length && a.getInt32(aStart + index, true) === b.getInt32(bStart + index, true)) index += 4;
  if (index + 4 <= length) return index;
  while (index < length && a.getUint8(aStart + index) === b.getUint8(bStart + index)) index++;
  return index;
}
