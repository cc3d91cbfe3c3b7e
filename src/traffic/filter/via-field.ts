import { fieldId } from '../../wire/http1/field-names.ts';
import type { FieldTable } from '../../wire/http1/field-table.ts';
import type { HeadWriter } from '../../wire/http1/head-writer.ts';

/** Name of this gateway in Via fields (RFC 9110 §7.6.3). */
const gateName = 'sallyport';

/** The line for a message that has not been through any gateway, by the version it came in. */
const firstHop = new Map(['1.0', '1.1', '2.0'].map((version) => [version, lineOf('', version)]));

function lineOf(earlier: string, version: string): Buffer {
  return Buffer.from(`Via: ${earlier}${version} ${gateName}\r\n`, 'latin1');
}

/** Appends the Via field of a message that came in this version of HTTP, continuing what earlier hops wrote. */
export function composeVia(writer: HeadWriter, fields: FieldTable, version: string): void {
  if (fields.find(fieldId.via) < 0) writer.line(firstHop.get(version)!);
  else writer.line(lineOf(`${fields.join(fieldId.via)}, `, version));
}

/** How often a message has come through a gate of this name. */
export function passesBefore(fields: FieldTable): number {
  const earlier = fields.join(fieldId.via);
  return earlier === undefined ? 0 : earlier.split(gateName).length - 1;
}
