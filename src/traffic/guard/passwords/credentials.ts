/** A name and a password as a client sent them (RFC 7617). */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Longest value of an `Authorization: Basic` field that is looked at, octets. */
const longestBasic = 4096;

const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * What stands behind `Basic ` in an Authorization field; null for anything that is not base64 of UTF-8 text with a colon, or holds control
 * characters, which RFC 7617 forbids. Clients that send ISO 8859-1 are not understood: they are told `charset="UTF-8"`.
 */
export function readBasic(token: string): Credentials | null {
  if (token.length > longestBasic || token.length % 4 === 1 || !base64.test(token)) return null;
  let text: string;
  try {
    text = decoder.decode(Buffer.from(token, 'base64'));
  } catch {
    return null;
  }
  const colon = text.indexOf(':');
  if (colon <= 0 || /\p{Cc}/u.test(text)) return null;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The challenge of a realm of printable ASCII: a whole field line. */
export function challengeLine(realm: string): string {
  return `WWW-Authenticate: Basic realm="${realm.replace(/["\\]/g, '\\$&')}", charset="UTF-8"\r\n`;
}
