import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SessionKey } from '../../../model/auth.ts';

/** What a session cookie says; times are seconds since 1970. */
export interface SessionClaims {
  readonly user: string;
  /** When the password was given. */
  readonly born: number;
  readonly expires: number;
}

/** What a session is good for: a cookie of one place or one hash says nothing to another. */
export interface SessionScope {
  /** Of which site and file it is. */
  readonly zone: string;
  /** The user's hash in the file, undefined for no such user: another password, or none, ends the session. */
  hashOf(user: string): string | undefined;
}

/** `key.born.expires.user.number.mac`; the user in base64url of UTF-8, times in base 36, a random number that no other has. */
const form = /^([\w-]{1,16})\.([0-9a-z]{1,8})\.([0-9a-z]{1,8})\.([\w-]{1,400})\.[\w-]{8}\.([\w-]{43})$/;

/** The value of a cookie for these claims; null for a user who is not there. */
export function signSession(
  key: SessionKey,
  { user, born, expires }: SessionClaims,
  scope: SessionScope,
): string | null {
  const hash = scope.hashOf(user);
  if (hash === undefined) return null;
  const name = Buffer.from(user, 'utf8').toString('base64url');
  const number = randomBytes(6).toString('base64url');
  const body = `${key.id}.${born.toString(36)}.${expires.toString(36)}.${name}.${number}`;
  return `${body}.${mac(key, body, scope.zone, hash).toString('base64url')}`;
}

/** Reads a cookie's value; null when it is forged, has expired by `now` (seconds), or is for another place, key or hash. */
export function readSession(
  value: string,
  keys: readonly SessionKey[],
  scope: SessionScope,
  now: number,
): SessionClaims | null {
  const match = form.exec(value);
  if (match === null) return null;
  const [, id, born = '', expires = '', name = '', signature = ''] = match;
  const user = Buffer.from(name, 'base64url').toString('utf8');
  const key = keys.find((one) => one.id === id);
  const hash = scope.hashOf(user);
  if (key === undefined || hash === undefined) return null;
  const body = value.slice(0, value.length - signature.length - 1);
  // As text: two bits of its last character say nothing, and a second spelling of a session that was logged out is no other session.
  const right = mac(key, body, scope.zone, hash).toString('base64url');
  if (!timingSafeEqual(Buffer.from(signature, 'latin1'), Buffer.from(right, 'latin1'))) return null;
  const claims = { user, born: Number.parseInt(born, 36), expires: Number.parseInt(expires, 36) };
  return claims.expires > now ? claims : null;
}

function mac({ secret }: SessionKey, body: string, zone: string, hash: string): Buffer {
  return createHmac('sha256', Buffer.from(secret, 'base64url')).update(`${body}\n${zone}\n${hash}`).digest();
}
