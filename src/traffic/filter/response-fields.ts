import { isNamedByConnection } from '../../wire/http1/connection-field.ts';
import { fieldId, imitationId } from '../../wire/http1/field-names.ts';
import type { FieldTable } from '../../wire/http1/field-table.ts';
import type { HeadWriter } from '../../wire/http1/head-writer.ts';
import type { ResponseHead } from '../../wire/http1/response-head.ts';
import { type Origins, publicCookie, publicReference, publicRefresh } from './app-origin.ts';
import { dateField } from './date-field.ts';
import { type CompiledChanges, comparableName } from './header-changes.ts';
import { secureCookie } from './safe-fields.ts';
import { composeVia } from './via-field.ts';

/** Whoever knows the origins of an exchange. */
export interface OriginSource {
  origins(): Origins;
}

/** What happens to a known field on its way to the client. */
const keep = 0;
const drop = 1;
const rewrite = 2;
const disposition = new Uint8Array(256);
for (const name of ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'via'] as const) {
  disposition[fieldId[name]] = drop;
}
disposition[imitationId] = drop;
for (const name of ['location', 'content-location', 'refresh', 'set-cookie'] as const) {
  disposition[fieldId[name]] = rewrite;
}

/**
 * Composes the field lines of a response for the client, without those that frame the message or manage the
 * connection. `source` is asked only when a field needs rewriting.
 */
export function composeResponseFields(
  writer: HeadWriter,
  head: ResponseHead,
  changes: CompiledChanges | null,
  source: OriginSource,
): void {
  const { fields } = head;
  const { ids } = fields;
  const bodiless = head.status === 204 || head.status < 200;
  let dated = false;
  let lengths = 0;
  let runStart = -1;
  for (let i = 0; i < fields.count; i++) {
    const id = ids[i]!;
    let way = disposition[id]!;
    if (id === fieldId.date) dated = true;
    else if (id === fieldId['content-length'] && (bodiless || ++lengths > 1)) way = drop;
    else if (id === fieldId.upgrade && head.status === 426) way = keep;
    if (head.connectionNamesFields && way !== drop && isNamedByConnection(fields, i)) way = drop;
    if (changes !== null && way !== drop && changes.dropped.has(comparableName(fields.name(i)))) way = drop;
    if (way === keep) {
      if (runStart < 0) runStart = fields.lineStart(i);
      continue;
    }
    if (runStart >= 0) {
      writer.copy(fields.bytes, runStart, fields.lineStart(i));
      runStart = -1;
    }
    if (way === rewrite) composeRewritten(writer, fields, i, source.origins());
  }
  if (runStart >= 0) writer.copy(fields.bytes, runStart, fields.end);
  if (!dated && head.status >= 200) writer.line(dateField());
  composeVia(writer, head, head.version);
  if (changes !== null) writer.text(changes.lines);
}

/** Appends what tells the client that the protocol is switched (RFC 9110 §7.8). */
export function composeUpgradeFields(writer: HeadWriter, head: ResponseHead): void {
  writer.text('Connection: Upgrade\r\n');
  const { fields } = head;
  for (let i = 0; i < fields.count; i++) if (fields.ids[i] === fieldId.upgrade) writer.fieldOf(fields, i);
}

function composeRewritten(writer: HeadWriter, fields: FieldTable, index: number, origins: Origins): void {
  const value = fields.value(index);
  let changed: string;
  switch (fields.ids[index]) {
    case fieldId.refresh:
      changed = publicRefresh(value, origins);
      break;
    case fieldId['set-cookie']:
      changed = origins.prefix === '' ? value : publicCookie(value, origins.prefix);
      if (origins.secureCookies) changed = secureCookie(changed);
      break;
    default:
      changed = publicReference(value, origins);
  }
  if (changed === value) writer.fieldOf(fields, index);
  else writer.field(fields.name(index), changed);
}
