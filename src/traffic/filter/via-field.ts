import { fieldId } from '../../wire/http1/field-names.ts';
import type { FieldTable } from '../../wire/http1/field-table.ts';
import type { HeadWriter } from '../../wire/http1/head-writer.ts';

/** Name of this gateway in Via fields (RFC 9110 §7.6.3). */
const gateName = 'sallyport';

const firstHop = [lineOf('', 0), lineOf('', 1)] as const;

function lineOf(earlier: string, minorVersion: number): Buffer {
  return Buffer.from(`Via: ${earlier}1.${minorVersion} ${gateName}\r\n`, 'latin1');
}

/** Appends the Via field of a message that came as HTTP/1.`minorVersion`, continuing what earlier hops wrote. */
export function composeVia(writer: HeadWriter, fields: FieldTable, minorVersion: number): void {
  if (fields.find(fieldId.via) < 0) writer.line(minorVersion === 0 ? firstHop[0] : firstHop[1]);
  else writer.line(lineOf(`${fields.join(fieldId.via)}, `, minorVersion));
}

/** How often a message has come through a gate of this name. */
export function passesBefore(fields: FieldTable): number {
  const earlier = fields.join(fieldId.via);
  return earlier === undefined ? 0 : earlier.split(gateName).length - 1;
}
