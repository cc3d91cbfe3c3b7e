import { forEachToken } from './connection-field.ts';
import { fieldId } from './field-names.ts';
import type { FieldTable } from './field-table.ts';
import { startsWithIgnoreCase, tokenLower } from './octets.ts';

const SLASH = 0x2f;

/**
 * Whether the Upgrade fields of `table` offer at least one protocol, every element is `name` or `name/version` (RFC 9110
 * §7.8), and none is a version of HTTP: passed on, HTTP/2 would open a way around every rule of the gate.
 */
export function offersOtherProtocol(table: FieldTable): boolean {
  const { bytes } = table;
  let offers = 0;
  let refused = false;
  for (let i = 0; i < table.count; i++) {
    if (table.ids[i] !== fieldId.upgrade) continue;
    forEachToken(bytes, table.valueStart(i), table.valueEnd(i), (start, end) => {
      offers++;
      if (!isProtocol(bytes, start, end) || isHttp(bytes, start, end)) refused = true;
    });
  }
  return offers > 0 && !refused;
}

function isProtocol(bytes: Buffer, start: number, end: number): boolean {
  let slashes = 0;
  for (let i = start; i < end; i++) {
    if (bytes[i] === SLASH) {
      if (i === start || i === end - 1 || ++slashes > 1) return false;
    } else if (tokenLower[bytes[i]!] === 0) return false;
  }
  return true;
}

function isHttp(bytes: Buffer, start: number, end: number): boolean {
  return startsWithIgnoreCase(bytes, start, end, 'h2') || startsWithIgnoreCase(bytes, start, end, 'http');
}
