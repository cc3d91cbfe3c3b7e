/** Octets that HTTP/1.1 gives a meaning (RFC 9110 §5.6, RFC 9112 §2.2). */
export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;

/** For each octet of a token (RFC 9110 §5.6.2) its lower-case form, 0 for every other octet. */
export const tokenLower = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
  tokenLower[character.charCodeAt(0)] = character.charCodeAt(0);
  tokenLower[character.toUpperCase().charCodeAt(0)] = character.charCodeAt(0);
}

/**
 * As {@link tokenLower}, but `_` becomes `-`: CGI, WSGI and their like cannot tell the two apart in a name, so names are
 * looked up in this form and `X_Forwarded_For` is caught as an imitation of `X-Forwarded-For`.
 */
export const nameFold = Uint8Array.from(tokenLower);
nameFold[0x5f] = 0x2d;

/** 1 for the octets a field value may hold: HTAB, SP, VCHAR and obs-text (RFC 9110 §5.5). */
export const fieldValueOctet = new Uint8Array(256);
fieldValueOctet[HTAB] = 1;
for (let octet = SP; octet < 256; octet++) if (octet !== 0x7f) fieldValueOctet[octet] = 1;

/**
 * 1 for the octets a request-target may hold: VCHAR and, because real clients send raw UTF-8, obs-text. `#` is left
 * out: a fragment is never sent, and servers disagree about where the path ends when it is.
 */
export const targetOctet = new Uint8Array(256);
for (let octet = 0x21; octet < 256; octet++) if (octet !== 0x7f && octet !== 0x23) targetOctet[octet] = 1;

/** Lower-cases an ASCII letter; every other octet stays. */
export function lowerAscii(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}

/** Whether `bytes[start, end)` is `word` but for ASCII case; `word` must be lower case. */
export function equalsIgnoreCase(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) {
    if (lowerAscii(bytes[start + i]!) !== word.charCodeAt(i)) return false;
  }
  return true;
}

/** Whether `bytes[start, end)` starts with `word` but for ASCII case; `word` must be lower case. */
export function startsWithIgnoreCase(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  return end - start >= word.length && equalsIgnoreCase(bytes, start, start + word.length, word);
}
