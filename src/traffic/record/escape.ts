const hex = '0123456789ABCDEF';

/**
 * What cannot stand in a quoted log field as it is: `"`, `\` and everything that is not printable ASCII. A class without
 * repetition: time is linear in the text, and half of that of a loop over its character codes.
 */
const special = /[^\x20-\x21\x23-\x5b\x5d-\x7e]/;

function isPlain(text: string): boolean {
  return !special.test(text);
}

/** Remembers the last result: what one client says about itself it says again and again. */
export function rememberLast(transform: (text: string) => string): (text: string) => string {
  let last = '';
  let result = transform('');
  return (text) => {
    if (text !== last) {
      result = transform(text);
      last = text;
    }
    return result;
  };
}

/**
 * As nginx writes variables to its access log: `"`, `\` and everything outside printable ASCII become `\xXX`.
 * A string holds one octet a character, as read from the wire; characters beyond that are written as their UTF-8 octets.
 */
export function escapeField(text: string): string {
  if (isPlain(text)) return text;
  let escaped = '';
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x20 || code === 0x22 || code === 0x5c || (code > 0x7e && code < 0x100)) escaped += octet(code);
    else if (code < 0x7f) escaped += character;
    else for (const one of Buffer.from(character, 'utf8')) escaped += octet(one);
  }
  return escaped;
}

function octet(code: number): string {
  return `\\x${hex[code >> 4]}${hex[code & 15]}`;
}

/** A JSON string of ASCII characters alone: nothing in it can move a cursor, end a line or close a quote. */
export function jsonString(text: string): string {
  if (isPlain(text)) return `"${text}"`;
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
