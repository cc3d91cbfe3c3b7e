/** What an octet may be part of: tests of `characters[octet] & flag`. */
export const CharacterClass = Object.freeze({
  /** A field name as HTTP/2 wants it: a token without upper case (RFC 9113 §8.2.1). */
  NAME: 1,
  /** A field value: no control characters but HTAB (RFC 9110 §5.5). */
  VALUE: 2,
  /** A request target: no controls, no space, no `#`. Octets above 127 pass: such targets are common and harmless. */
  TARGET: 4,
  /** Host and port (RFC 3986 §3.2.2, §3.2.3), without user information (RFC 9113 §8.3.1). */
  AUTHORITY: 8,
  /** A token (RFC 9110 §5.6.2): a method or `:protocol`. */
  TOKEN: 16,
  /** A scheme (RFC 3986 §3.1). */
  SCHEME: 32,
});

const alpha = 'abcdefghijklmnopqrstuvwxyz';
const digit = '0123456789';
const tokenMarks = "!#$%&'*+-.^_`|~";

function build(): Uint8Array {
  const table = new Uint8Array(256);
  const mark = (text: string, flag: number): void => {
    for (const character of text) table[character.charCodeAt(0)]! |= flag;
  };
  const { NAME, VALUE, TARGET, AUTHORITY, TOKEN, SCHEME } = CharacterClass;
  mark(alpha + digit + tokenMarks, NAME);
  mark(alpha + alpha.toUpperCase() + digit + tokenMarks, TOKEN);
  mark(`${alpha}${alpha.toUpperCase()}${digit}-._~!$&'()*+,;=%:[]`, AUTHORITY);
  mark(`${alpha}${alpha.toUpperCase()}${digit}+-.`, SCHEME);
  for (let octet = 0; octet < 256; octet++) {
    if (octet === 9 || (octet >= 32 && octet !== 127)) table[octet]! |= VALUE;
    if (octet > 32 && octet !== 127 && octet !== 35) table[octet]! |= TARGET;
  }
  return table;
}

const characters: Uint8Array = build();

/** Whether every octet of the range is of the class. An empty range is. */
export function allAre(flag: number, bytes: Uint8Array, start: number, end: number): boolean {
  let common = flag;
  for (let index = start; index < end; index++) common &= characters[bytes[index]!]!;
  return common !== 0;
}

/** A field value as HTTP/2 wants it: legal octets, no space or tab at either end (RFC 9113 §8.2.1). */
export function isFieldValue(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  const first = bytes[start]!;
  const last = bytes[end - 1]!;
  if (first === 32 || first === 9 || last === 32 || last === 9) return false;
  return allAre(CharacterClass.VALUE, bytes, start, end);
}

/** `A`-`Z` as `a`-`z`; any other octet as it is. */
export const lowered: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) =>
  octet >= 65 && octet <= 90 ? octet + 32 : octet,
);
