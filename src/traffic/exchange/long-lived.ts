import { fieldId } from '../../wire/http1/field-names.ts';
import type { FieldTable } from '../../wire/http1/field-table.ts';
import { startsWithIgnoreCase } from '../../wire/http1/octets.ts';

/** Whether a response is a stream of events or a gRPC call: it may be silent for long, and is not cut off like a stalled download. */
export function isLongLived(fields: FieldTable): boolean {
  const index = fields.find(fieldId['content-type']);
  if (index < 0) return false;
  const { bytes } = fields;
  const start = fields.valueStart(index);
  const end = fields.valueEnd(index);
  return (
    startsWithIgnoreCase(bytes, start, end, 'text/event-stream') ||
    startsWithIgnoreCase(bytes, start, end, 'application/grpc')
  );
}
