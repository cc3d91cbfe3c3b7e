import { type FieldName, fieldId, imitationId } from './field-names.ts';
import type { FieldTable } from './field-table.ts';
import { startsWithIgnoreCase } from './octets.ts';

/** Names that mean nothing, or harm, behind a body (RFC 9110 §6.5.1): they frame, route, authorize or describe it. */
const forbidden = new Uint8Array(256);
for (const name of [
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
  'x-real-ip',
  'via',
  'proxy',
  'location',
  'content-location',
  'refresh',
  'set-cookie',
  'content-type',
  'authorization',
  'cookie',
  'http2-settings',
] as const satisfies readonly FieldName[]) {
  forbidden[fieldId[name]] = 1;
}
forbidden[imitationId] = 1;

/**
 * Whether field `index` of a trailer section must not be passed on (RFC 9110 §6.5.1): a next server that merges trailers
 * into the head would let it change how the message is framed, routed or believed.
 */
export function isForbiddenTrailer(table: FieldTable, index: number): boolean {
  const { bytes, offsets, ids } = table;
  if (forbidden[ids[index]!] === 1) return true;
  return startsWithIgnoreCase(bytes, offsets[index * 4]!, offsets[index * 4 + 1]!, 'x-forwarded-');
}
