import { fieldId } from './field-names.ts';
import type { FieldTable } from './field-table.ts';
import { failure } from './outcome.ts';

/** Beyond 15 digits a number is no longer exact, and no body is that long. */
const mostDigits = 15;

/** Reads 1*DIGIT (RFC 9110 §8.6): no sign, no white space, no list. Returns -1 if it is anything else. */
export function readDecimal(bytes: Buffer, start: number, end: number): number {
  if (end === start || end - start > mostDigits) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * The one Content-Length of a head. Several are a failure even when they agree, because the next server may think
 * otherwise (RFC 9112 §6.3). Call only when there is at least one.
 */
export function readContentLength(table: FieldTable): number {
  let value = -1;
  for (let i = 0; i < table.count; i++) {
    if (table.ids[i] !== fieldId['content-length']) continue;
    if (value >= 0) return failure.severalContentLengths;
    value = readDecimal(table.bytes, table.valueStart(i), table.valueEnd(i));
    if (value < 0) return failure.badContentLength;
  }
  return value;
}
