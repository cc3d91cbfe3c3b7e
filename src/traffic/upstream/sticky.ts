import { createHmac } from 'node:crypto';
import type { Target } from '../../model/site.ts';
import { fieldId } from '../../wire/http1/field-names.ts';
import type { FieldTable } from '../../wire/http1/field-table.ts';

/** Value of the cookie for a target: says nothing to whoever lacks the key, and is the same in every worker. */
export function cookieValue(key: string, scope: string, target: Target): string {
  return createHmac('sha256', key).update(`${scope}\n${target.name}`).digest('base64url').slice(0, 22);
}

/** A whole field line; `path` is that of the route. */
export function cookieLine(name: string, value: string, path: string, secure: boolean): string {
  return `Set-Cookie: ${name}=${value}; Path=${path}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}\r\n`;
}

/** Every value of the cookie `name` in a request, in its order: one of a longer path comes first (RFC 6265 §5.4). */
export function cookieValues(fields: FieldTable, name: string): readonly string[] {
  const values: string[] = [];
  for (let i = 0; i < fields.count; i++) {
    if (fields.ids[i] !== fieldId.cookie) continue;
    for (const pair of fields.value(i).split(';')) {
      const equals = pair.indexOf('=');
      if (equals > 0 && pair.slice(0, equals).trim() === name) values.push(pair.slice(equals + 1).trim());
    }
  }
  return values;
}
