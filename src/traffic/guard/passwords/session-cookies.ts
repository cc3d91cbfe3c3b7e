import { hash } from 'node:crypto';
import { fieldId } from '../../../wire/http1/field-names.ts';
import type { FieldTable } from '../../../wire/http1/field-table.ts';

/**
 * The gate's own cookies. `__Host-` makes browsers refuse any that does not come from this very host by HTTPS, so no neighbouring
 * name can plant one (RFC 6265bis); on plain HTTP there is no such protection.
 */
const securePrefix = '__Host-sallyport-';
const plainPrefix = 'sallyport-session-';

/** The cookie's name for a zone, so that two gates of one site do not overwrite each other's. */
export function cookieName(zone: string, secure: boolean): string {
  return `${secure ? securePrefix : plainPrefix}${hash('sha256', zone, 'base64url').slice(0, 8)}`;
}

/** A whole field line that gives the cookie; `seconds` 0 takes it away. */
export function setCookieLine(name: string, value: string, seconds: number): string {
  const secure = name.startsWith(securePrefix) ? ' Secure;' : '';
  return `Set-Cookie: ${name}=${value}; Path=/; Max-Age=${seconds};${secure} HttpOnly; SameSite=Lax\r\n`;
}

/** What a request's cookies are to the gate. */
export interface FoundCookies {
  /** Value of the one asked for; '' when it is not there. */
  readonly value: string;
  /** Some cookie is the gate's, this zone's or another's. */
  readonly anyOwn: boolean;
}

const noCookies: FoundCookies = { value: '', anyOwn: false };

/** Looks for the gate's cookies. The first of several with the name counts. */
export function findCookies(fields: FieldTable, name: string): FoundCookies {
  const first = fields.find(fieldId.cookie);
  if (first < 0) return noCookies;
  let anyOwn = false;
  let value = '';
  for (let i = first; i < fields.count; i++) {
    if (fields.ids[i] !== fieldId.cookie || !mayHoldOwn(fields, i)) continue;
    for (const pair of fields.value(i).split(';')) {
      const cookie = pair.trim();
      if (!isOwn(cookie)) continue;
      anyOwn = true;
      if (value === '' && cookie.startsWith(`${name}=`)) value = cookie.slice(name.length + 1);
    }
  }
  return anyOwn ? { value, anyOwn } : noCookies;
}

/** The request's cookies without the gate's, as one field line; '' when none is left. */
export function otherCookies(fields: FieldTable): string {
  const others: string[] = [];
  for (let i = 0; i < fields.count; i++) {
    if (fields.ids[i] !== fieldId.cookie) continue;
    for (const pair of fields.value(i).split(';')) {
      const cookie = pair.trim();
      if (cookie !== '' && !isOwn(cookie)) others.push(cookie);
    }
  }
  return others.length === 0 ? '' : `Cookie: ${others.join('; ')}\r\n`;
}

function isOwn(cookie: string): boolean {
  return cookie.startsWith(securePrefix) || cookie.startsWith(plainPrefix);
}

const marker = Buffer.from('sallyport-');

/** Whether the octets of a Cookie field hold the mark of the gate's cookies; cheaper than taking them apart. */
function mayHoldOwn(fields: FieldTable, index: number): boolean {
  const at = fields.bytes.subarray(fields.valueStart(index), fields.valueEnd(index)).indexOf(marker);
  return at >= 0;
}
