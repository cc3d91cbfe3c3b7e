/** Below this many octets a loop beats the call into the runtime. */
const shortCopy = 40;

/** Copies `length` octets between ranges that do not overlap. */
export function copyBytes(from: Buffer, start: number, length: number, to: Buffer, at: number): void {
  if (length > shortCopy) {
    from.copy(to, at, start, start + length);
    return;
  }
  for (let index = 0; index < length; index++) to[at + index] = from[start + index]!;
}

/** Whether two ranges hold the same octets. */
export function sameBytes(a: Buffer, aStart: number, b: Buffer, bStart: number, length: number): boolean {
  for (let index = 0; index < length; index++) {
    if (a[aStart + index] !== b[bStart + index]) return false;
  }
  return true;
}
