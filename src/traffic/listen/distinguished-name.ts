/**
 * A subject as Node gives it (a line for each relative name, the most significant first, special characters escaped as
 * RFC 4514 section 2.4 says) in the form of RFC 4514: one line, the most significant last, what is not ASCII as octets of UTF-8.
 */
export function asciiName(subject: string): string {
  const lines = subject === '' ? [] : subject.split('\n');
  return lines
    .map((line) => line.replaceAll(' + ', '+'))
    .reverse()
    .join(',')
    .replaceAll(/[^\x20-\x7e]/gu, escapeOctets);
}

function escapeOctets(character: string): string {
  return Array.from(
    Buffer.from(character, 'utf8'),
    (octet) => `\\${octet.toString(16).padStart(2, '0').toUpperCase()}`,
  ).join('');
}

/** The first common name of such a subject, without escapes; '' when there is none. */
export function commonNameOf(subject: string): string {
  const line = subject.split(/\n| \+ /).find((part) => part.startsWith('CN='));
  return line === undefined
    ? ''
    : line
        .slice(3)
        .replaceAll(/\\([0-9A-F]{2})/g, '?')
        .replaceAll(/\\(.)/g, '$1');
}
