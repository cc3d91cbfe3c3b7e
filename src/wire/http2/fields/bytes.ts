/** Below this many octets a loop beats the call into the runtime. */
const shortCopy = 40;

/** Copies `length` octets between buffers that do not overlap. */
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

let viewed: Buffer = Buffer.alloc(0);
let view = new DataView(viewed.buffer);

/** `bytes` to be read by words. Made anew when it is another buffer than the last time: for memory that is used again and again. */
export function wordsOf(bytes: Buffer): DataView {
  if (bytes !== viewed) {
    viewed = bytes;
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  return view;
}

/** As `sameBytes`, four octets at a time; `length` is at least four. */
export function sameWords(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  const last = length - 4;
  for (let index = 0; index < last; index += 4) {
    if (a.getInt32(aStart + index, true) !== b.getInt32(bStart + index, true)) return false;
  }
  return a.getInt32(aStart + last, true) === b.getInt32(bStart + last, true);
}
