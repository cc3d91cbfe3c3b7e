import type { FieldSection, Malformation } from './field-section.ts';
import { KnownName } from './known-names.ts';

/** The status of a decoded response, 100 to 999, or what is wrong with it (RFC 9113 §8.3.2). */
export function checkResponse(section: FieldSection): number | Malformation {
  if (section.malformed !== null) return section.malformed;
  const { bytes, pseudo } = section;
  const start = pseudo[2 * KnownName.STATUS]!;
  if (start === 0) return 'missing pseudo-field';
  if (pseudo[2 * KnownName.STATUS + 1]! - start !== 3) return ':status';
  let status = 0;
  for (let index = start; index < start + 3; index++) {
    const digit = bytes[index]! - 48;
    if (digit < 0 || digit > 9) return ':status';
    status = status * 10 + digit;
  }
  return status >= 100 ? status : ':status';
}
