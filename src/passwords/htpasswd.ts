import type { TextFault } from './fault.ts';
import { readHash, type Scheme } from './hash.ts';
import { missingIn } from './verify.ts';

/** One user of an htpasswd file. */
export interface FileUser {
  readonly name: string;
  readonly hash: string;
  readonly scheme: Scheme;
  /** Counts from 1. */
  readonly line: number;
}

/** Something about one place of the file; line and column count from 1. */
export interface FileFault extends TextFault {
  readonly line: number;
  readonly column: number;
}

/** What stands in an htpasswd file. With faults, `users` has those that are right. */
export interface UserFileText {
  readonly users: ReadonlyMap<string, FileUser>;
  readonly faults: readonly FileFault[];
  readonly warnings: readonly FileFault[];
}

/** More than any file of users has. */
const longestLine = 4096;

/**
 * Reads an htpasswd file: `name:hash` a line, what follows a second colon is a remark, lines that begin with `#` are comments. Total:
 * what cannot be read in exactly one way is a fault with its place.
 */
export function parseHtpasswd(bytes: Buffer): UserFileText {
  const users = new Map<string, FileUser>();
  const faults: FileFault[] = [];
  const warnings: FileFault[] = [];
  const text = decode(bytes);
  if (text === null) return { users, faults: [{ line: 1, column: 1, what: 'not text in UTF-8' }], warnings };
  for (const [index, line] of linesOf(text).entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const read = readLine(line, index + 1);
    if ('what' in read) faults.push(read);
    else if (users.has(read.name)) faults.push(twice(read, users.get(read.name)!));
    else {
      users.set(read.name, read);
      if (read.scheme === 'sha1') warnings.push(weak(read));
    }
  }
  return { users, faults, warnings };
}

/** Why a name cannot be a user's, or null. */
export function nameFault(name: string): TextFault | null {
  if (name === '') return { what: 'a user without a name' };
  if (name === '-') return { what: 'the name "-", which logs write for nobody' };
  if (name.startsWith('#')) return { what: 'a name that begins with "#", which makes a comment of it' };
  if (name.includes(':')) return { what: 'a colon in a name', cure: 'Basic authentication cannot send it (RFC 7617).' };
  if (/\p{Cc}/u.test(name)) return { what: 'a control character in a name' };
  if (name.trim() !== name) return { what: 'white space around a name', cure: 'Take it out.' };
  return Buffer.byteLength(name) > 255 ? { what: 'a name of more than 255 bytes' } : null;
}

/** The text with the user's hash replaced, or a line added at its end. Every other line stays as it is. */
export function withUser(text: string, name: string, hash: string): string {
  const lines = text.split('\n');
  const index = lines.findIndex((line) => line.startsWith(`${name}:`));
  if (index >= 0) {
    const line = lines[index]!;
    const remark = line.slice(name.length + 1).indexOf(':');
    lines[index] = `${name}:${hash}${remark < 0 ? carriageReturn(line) : line.slice(name.length + 1 + remark)}`;
    return lines.join('\n');
  }
  const end = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${end}${name}:${hash}\n`;
}

/** The text without the user's line; null when there is none. */
export function withoutUser(text: string, name: string): string | null {
  const lines = text.split('\n');
  const rest = lines.filter((line) => !line.startsWith(`${name}:`));
  return rest.length === lines.length ? null : rest.join('\n');
}

function carriageReturn(line: string): string {
  return line.endsWith('\r') ? '\r' : '';
}

function decode(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.replace(/\r$/, ''));
}

function readLine(line: string, number: number): FileUser | FileFault {
  const at = (column: number, fault: TextFault): FileFault => ({ line: number, column, ...fault });
  if (line.length > longestLine) return at(1, { what: `a line of more than ${longestLine} characters` });
  const colon = line.indexOf(':');
  if (colon < 0) return at(1, { what: 'a line without a colon', wanted: 'name:hash, or # and a comment' });
  const name = line.slice(0, colon);
  const wrong = nameFault(name);
  if (wrong !== null) return at(1, wrong);
  const [hash = ''] = line.slice(colon + 1).split(':');
  const { scheme, fault } = readHash(hash);
  if (fault !== undefined) return at(colon + 2, { ...fault, what: `the user ${name} has ${fault.what}` });
  const missing = missingIn(scheme);
  if (missing === null) return { name, hash, scheme, line: number };
  return at(colon + 2, { what: `the user ${name} has ${missing}`, cure: 'Use a newer Node.js, or bcrypt.' });
}

function twice({ name, line }: FileUser, first: FileUser): FileFault {
  const what = `the user ${name} stands here a second time, first in line ${first.line}`;
  return { line, column: 1, what, cure: 'Keep one of the two lines.' };
}

function weak({ name, line }: FileUser): FileFault {
  const what = `the password of ${name} is kept as {SHA}, which is guessed at billions of tries a second`;
  return { line, column: name.length + 2, what, cure: `Set it anew: sallyport user add FILE ${name}.` };
}
