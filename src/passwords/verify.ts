import * as crypto from 'node:crypto';
import apacheMd5 from 'apache-md5';
import { compareSync } from 'bcryptjs';
import { verify as verifyShaCrypt } from 'unixcrypt';
import { argon2Parameters, readHash, type Scheme } from './hash.ts';

/**
 * Whether `password` is the one that `hash` was made of. Takes milliseconds to seconds of this thread. False for a hash that
 * cannot be read. Throws only when this Node.js lacks the function, see {@link missingIn}.
 */
export function verifyPassword(password: string, hash: string): boolean {
  const { scheme } = readHash(hash);
  switch (scheme) {
    case 'bcrypt':
      return compareSync(password, hash);
    case 'argon2id':
      return verifyArgon2(password, hash);
    case 'apr1':
      return equal(apacheMd5(Buffer.from(password, 'utf8').toString('latin1'), hash), hash);
    case 'sha256-crypt':
    case 'sha512-crypt':
      return verifyShaCrypt(password, hash);
    case 'sha1':
      return equal(`{SHA}${crypto.hash('sha1', password, 'base64')}`, hash);
    default:
      return false;
  }
}

/** Why this Node.js cannot check a scheme; null when it can. Node.js has argon2 since 24.7, if its OpenSSL has it. */
export function missingIn(scheme: Scheme): string | null {
  if (scheme !== 'argon2id' || typeof crypto.argon2Sync === 'function') return null;
  return `argon2id, which this Node.js (${process.versions.node}) cannot check; wanted is 24.7 or newer`;
}

function verifyArgon2(password: string, hash: string): boolean {
  const { memory, passes, parallelism, salt, tag } = argon2Parameters(hash);
  const costs = { memory, passes, parallelism, nonce: salt, tagLength: tag.length };
  return crypto.timingSafeEqual(crypto.argon2Sync('argon2id', { message: password, ...costs }), tag);
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && crypto.timingSafeEqual(left, right);
}
