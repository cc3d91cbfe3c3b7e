import { FieldTable } from '../wire/http1/field-table.ts';
import { isForbiddenTrailer } from '../wire/http1/trailer-fields.ts';
import type { FieldSection } from '../wire/http2/fields/field-section.ts';

/** Copies the fields of a section, which is overwritten by the next, into a table with memory of its own. */
export function copyFields(section: FieldSection, table: FieldTable): void {
  if (table.store.length < section.end) table.store = Buffer.allocUnsafeSlow(Math.max(1024, section.end * 2));
  section.copyTo(table, table.store, 0);
}

/** Those of the trailer fields that may stand behind a body, in memory of their own. */
export function copyTrailers(trailers: FieldTable): FieldTable {
  const copy = new FieldTable(trailers.count);
  const bytes = Buffer.from(trailers.bytes.subarray(0, trailers.end));
  copy.bytes = bytes;
  copy.end = trailers.end;
  copy.secret = trailers.secret;
  for (let i = 0; i < trailers.count; i++) {
    if (isForbiddenTrailer(trailers, i)) continue;
    copy.offsets.set(trailers.offsets.subarray(i * 4, i * 4 + 4), copy.count * 4);
    copy.ids[copy.count] = trailers.ids[i]!;
    copy.count++;
  }
  return copy;
}
