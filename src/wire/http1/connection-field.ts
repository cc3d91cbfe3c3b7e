import { fieldId, identifyName } from './field-names.ts';
import type { FieldTable } from './field-table.ts';
import { COMMA, equalsIgnoreCase, HTAB, SP, tokenLower } from './octets.ts';

/** What the Connection fields of a head ask for, as bits (RFC 9110 §7.6.1). */
export const connectionOption = { close: 1, keepAlive: 2, upgrade: 4, namesFields: 8, malformed: 16 } as const;

/** Names that a Connection field can never remove: the app relies on them, or they frame the message. */
const protectedIds = new Set<number>([
  fieldId.host,
  fieldId['content-length'],
  fieldId['transfer-encoding'],
  fieldId['x-forwarded-for'],
  fieldId['x-forwarded-proto'],
  fieldId['x-forwarded-host'],
  fieldId['x-real-ip'],
  fieldId.forwarded,
  fieldId.via,
]);

/** More options than any client sends; each is compared with every field, so their number is a cost. */
const mostOptions = 64;

/**
 * Reads every Connection field of `table`; the result is a set of {@link connectionOption} bits. An option that is no
 * token, or more than 64 options, set `malformed`.
 */
export function readConnectionOptions(table: FieldTable): number {
  let options = 0;
  let count = 0;
  for (let i = 0; i < table.count; i++) {
    if (table.ids[i] !== fieldId.connection) continue;
    if (equalsIgnoreCase(table.bytes, table.valueStart(i), table.valueEnd(i), 'keep-alive')) {
      options |= connectionOption.keepAlive;
      continue;
    }
    forEachToken(table.bytes, table.valueStart(i), table.valueEnd(i), (start, end) => {
      if (++count <= mostOptions) options |= optionOf(table.bytes, start, end);
    });
  }
  return count > mostOptions ? connectionOption.malformed : options;
}

function optionOf(bytes: Buffer, start: number, end: number): number {
  for (let i = start; i < end; i++) if (tokenLower[bytes[i]!] === 0) return connectionOption.malformed;
  if (equalsIgnoreCase(bytes, start, end, 'close')) return connectionOption.close;
  if (equalsIgnoreCase(bytes, start, end, 'keep-alive')) return connectionOption.keepAlive;
  if (equalsIgnoreCase(bytes, start, end, 'upgrade')) return connectionOption.upgrade;
  if (protectedIds.has(identifyName(bytes, start, end))) return 0;
  return connectionOption.namesFields;
}

/**
 * Whether a Connection field of `table` names its field `index`, and that field may be removed for it (RFC 9110
 * §7.6.1). Never true for Host, for a field that frames the message or for one that tells where a request came from.
 */
export function isNamedByConnection(table: FieldTable, index: number): boolean {
  const id = table.ids[index]!;
  if (protectedIds.has(id)) return false;
  const name = table.name(index).toLowerCase();
  if (name.startsWith('x-forwarded-')) return false;
  let named = false;
  for (let i = 0; i < table.count && !named; i++) {
    if (table.ids[i] !== fieldId.connection) continue;
    forEachToken(table.bytes, table.valueStart(i), table.valueEnd(i), (start, end) => {
      if (equalsIgnoreCase(table.bytes, start, end, name)) named = true;
    });
  }
  return named;
}

/** Calls `visit` for every non-empty element of a comma-separated list (RFC 9110 §5.6.1), without white space around it. */
export function forEachToken(
  bytes: Buffer,
  start: number,
  end: number,
  visit: (start: number, end: number) => void,
): void {
  let i = start;
  while (i < end) {
    while (i < end && (bytes[i] === COMMA || bytes[i] === SP || bytes[i] === HTAB)) i++;
    const from = i;
    while (i < end && bytes[i] !== COMMA) i++;
    let to = i;
    while (to > from && (bytes[to - 1] === SP || bytes[to - 1] === HTAB)) to--;
    if (to > from) visit(from, to);
  }
}
