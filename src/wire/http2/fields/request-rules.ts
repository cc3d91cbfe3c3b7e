import { allAre, CharacterClass, lowered } from './characters.ts';
import type { FieldSection, Malformation } from './field-section.ts';
import { KnownName } from './known-names.ts';

const { AUTHORITY, METHOD, PATH, SCHEME, PROTOCOL } = KnownName;

/**
 * Judges a decoded request (RFC 9113 §8.3.1, §8.5, RFC 8441 §4) and makes it HTTP/1.1-shaped: afterwards it has exactly one
 * `host` field, unless neither `:authority` nor `host` was sent. Returns what is wrong, or null.
 */
export function checkRequest(section: FieldSection, extendedConnect: boolean): Malformation | null {
  if (section.malformed !== null) return section.malformed;
  const { bytes, pseudo } = section;
  const methodStart = pseudo[2 * METHOD]!;
  if (methodStart === 0) return 'missing pseudo-field';
  const methodEnd = pseudo[2 * METHOD + 1]!;
  if (methodEnd === methodStart || !allAre(CharacterClass.TOKEN, bytes, methodStart, methodEnd)) return ':method';
  section.isConnect = isWord(bytes, methodStart, methodEnd, connect);
  return checkTarget(section, extendedConnect) ?? checkAuthority(section);
}

function checkTarget(section: FieldSection, extendedConnect: boolean): Malformation | null {
  const { bytes, pseudo } = section;
  const pathStart = pseudo[2 * PATH]!;
  const pathEnd = pseudo[2 * PATH + 1]!;
  const schemeStart = pseudo[2 * SCHEME]!;
  const protocolStart = pseudo[2 * PROTOCOL]!;
  if (protocolStart !== 0) {
    if (!extendedConnect || !section.isConnect) return 'unknown pseudo-field';
    const protocolEnd = pseudo[2 * PROTOCOL + 1]!;
    if (protocolEnd === protocolStart) return ':protocol';
    if (!allAre(CharacterClass.TOKEN, bytes, protocolStart, protocolEnd)) return ':protocol';
  } else if (section.isConnect) {
    return pathStart !== 0 || schemeStart !== 0 ? 'pseudo-field of another method' : null;
  }
  if (pathStart === 0 || schemeStart === 0) return 'missing pseudo-field';
  if (!isScheme(bytes, schemeStart, pseudo[2 * SCHEME + 1]!)) return ':scheme';
  if (!allAre(CharacterClass.TARGET, bytes, pathStart, pathEnd)) return ':path';
  if (bytes[pathStart] === 47 && pathEnd > pathStart) return null;
  const asterisk = pathEnd === pathStart + 1 && bytes[pathStart] === 42;
  return asterisk && isWord(bytes, pseudo[2 * METHOD]!, pseudo[2 * METHOD + 1]!, options) ? null : ':path';
}

function isScheme(bytes: Buffer, start: number, end: number): boolean {
  const first = lowered[bytes[start]!]!;
  return end > start && first >= 97 && first <= 122 && allAre(CharacterClass.SCHEME, bytes, start, end);
}

function checkAuthority(section: FieldSection): Malformation | null {
  const { bytes, pseudo, offsets } = section;
  const start = pseudo[2 * AUTHORITY]!;
  const end = pseudo[2 * AUTHORITY + 1]!;
  const host = section.hostIndex;
  if (start === 0) {
    if (section.isConnect) return 'missing pseudo-field';
    return host < 0 || isAuthority(bytes, offsets[4 * host + 2]!, offsets[4 * host + 3]!) ? null : ':authority';
  }
  if (!isAuthority(bytes, start, end)) return ':authority';
  if (host < 0) {
    section.appendHost();
    return null;
  }
  return sameFolded(bytes, start, end, offsets[4 * host + 2]!, offsets[4 * host + 3]!)
    ? null
    : 'host unlike :authority';
}

function isAuthority(bytes: Buffer, start: number, end: number): boolean {
  return end > start && allAre(CharacterClass.AUTHORITY, bytes, start, end);
}

function sameFolded(bytes: Buffer, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let index = 0; index < end - start; index++) {
    if (lowered[bytes[start + index]!] !== lowered[bytes[otherStart + index]!]) return false;
  }
  return true;
}

const connect = Buffer.from('CONNECT');
const options = Buffer.from('OPTIONS');

/** Whether the range holds exactly this word. */
export function isWord(bytes: Buffer, start: number, end: number, word: Buffer): boolean {
  if (end - start !== word.length) return false;
  for (let index = 0; index < word.length; index++) {
    if (bytes[start + index] !== word[index]) return false;
  }
  return true;
}
