import { identifyName } from './field-names.ts';
import type { FieldTable } from './field-table.ts';
import { COLON, CR, fieldValueOctet, HTAB, LF, SP, tokenLower } from './octets.ts';
import { failure, needMore } from './outcome.ts';

/**
 * Reads field lines up to and including the blank line (RFC 9112 §5) and fills `table`.
 * One pass, strict: lines end in CRLF, no folding, no white space before the colon, no control octets. A failure is
 * returned at the first octet that proves it, so that more bytes never change it; one field more than `table` holds is
 * `tooManyFields` whatever is in it. The first `known` fields are in the table already, and `start` is behind their lines.
 * Returns the offset behind the blank line, `needMore`, or a failure.
 */
export function readFieldLines(bytes: Buffer, start: number, end: number, table: FieldTable, known = 0): number {
  const { offsets, ids } = table;
  const capacity = ids.length;
  let count = known;
  let i = start;
  table.bytes = bytes;
  table.count = 0;
  table.secret = false;
  for (;;) {
    if (i >= end) return needMore;
    let octet = bytes[i]!;
    if (octet === CR) {
      if (i + 1 >= end) return needMore;
      if (bytes[i + 1] !== LF) return failure.bareCarriageReturn;
      table.count = count;
      table.end = i;
      return i + 2;
    }
    if (count === capacity) return failure.tooManyFields;
    const nameStart = i;
    while (tokenLower[octet] !== 0) {
      if (++i >= end) return needMore;
      octet = bytes[i]!;
    }
    const nameEnd = i;
    if (octet !== COLON || nameEnd === nameStart) return misnamed(octet, nameStart === nameEnd);
    do {
      if (++i >= end) return needMore;
      octet = bytes[i]!;
    } while (octet === SP || octet === HTAB);
    const valueStart = i;
    while (fieldValueOctet[octet] === 1) {
      if (++i >= end) return needMore;
      octet = bytes[i]!;
    }
    if (octet !== CR) return octet === LF ? failure.bareLineFeed : failure.badFieldValue;
    if (i + 1 >= end) return needMore;
    if (bytes[i + 1] !== LF) return failure.bareCarriageReturn;
    let valueEnd = i;
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd--;
    i += 2;
    const slot = count * 4;
    offsets[slot] = nameStart;
    offsets[slot + 1] = nameEnd;
    offsets[slot + 2] = valueStart;
    offsets[slot + 3] = valueEnd;
    ids[count] = identifyName(bytes, nameStart, nameEnd);
    count++;
  }
}

/** Names the fault of a line whose name is not followed by a colon. */
function misnamed(octet: number, atLineStart: boolean): number {
  if (octet === LF) return failure.bareLineFeed;
  if (octet === CR) return failure.badFieldName;
  if (atLineStart && (octet === SP || octet === HTAB)) return failure.obsoleteFold;
  return failure.badFieldName;
}
