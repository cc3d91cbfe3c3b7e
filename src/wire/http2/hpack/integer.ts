/** Integers with a prefix (RFC 7541 §5.1). Values above 2^31 - 1 and codings longer than five octets after the prefix are refused. */

const largest = 0x7fffffff;
const mostContinuations = 5;

/** Where a reader stands in a block. One object serves many reads. */
export interface Cursor {
  at: number;
  readonly end: number;
}

/** Reads an integer with a prefix of `mask` (2^N - 1) at the cursor and moves it on. -1 when truncated or too large. */
export function readInteger(bytes: Uint8Array, cursor: Cursor, mask: number): number {
  if (cursor.at >= cursor.end) return -1;
  let value = bytes[cursor.at++]! & mask;
  if (value < mask) return value;
  let weight = 1;
  for (let count = 0; count < mostContinuations; count++) {
    if (cursor.at >= cursor.end) return -1;
    const byte = bytes[cursor.at++]!;
    value += (byte & 0x7f) * weight;
    if (value > largest) return -1;
    if (byte < 0x80) return value;
    weight *= 128;
  }
  return -1;
}

/** Writes an integer behind the pattern bits of `first`; returns the position after it. At most six octets. */
export function writeInteger(out: Uint8Array, at: number, first: number, mask: number, value: number): number {
  if (value < mask) {
    out[at] = first | value;
    return at + 1;
  }
  out[at++] = first | mask;
  let rest = value - mask;
  while (rest >= 0x80) {
    out[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[at] = rest;
  return at + 1;
}
