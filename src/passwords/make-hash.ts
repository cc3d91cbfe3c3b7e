import * as crypto from 'node:crypto';
import { hashSync, truncates } from 'bcryptjs';
import type { TextFault } from './fault.ts';
import { missingIn } from './verify.ts';

/** What passwords are written with. */
export type WrittenScheme = 'bcrypt' | 'argon2id';

/** bcrypt's cost: 2^10 rounds, some 60 ms. What OWASP asks for at least. */
const bcryptCost = 10;
/** OWASP's first choice for argon2id: 19 MiB, two passes. */
const argon2Costs = { memory: 19 * 1024, passes: 2, parallelism: 1 };

const anyControl = /\p{Cc}/u;

/** Why a password cannot be stored, or null. */
export function passwordFault(password: string, scheme: WrittenScheme): TextFault | null {
  if (password === '') return { what: 'an empty password' };
  if (anyControl.test(password)) {
    return { what: 'a control character in the password', cure: 'Clients cannot send it (RFC 7617): leave it out.' };
  }
  if (scheme === 'bcrypt' && truncates(password)) {
    const cure = 'Choose a shorter one, or --hash argon2id, which has no such limit.';
    return { what: 'a password of more than 72 bytes, of which bcrypt would ignore the rest', cure };
  }
  const missing = missingIn(scheme);
  return missing === null ? null : { what: missing, cure: 'Use --hash bcrypt, or a newer Node.js.' };
}

/** The hash of a password that {@link passwordFault} has nothing against. */
export function makeHash(password: string, scheme: WrittenScheme): string {
  // `$2y$` is the name under which Apache and nginx know it too.
  if (scheme === 'bcrypt') return hashSync(password, bcryptCost).replace(/^\$2b\$/, '$2y$');
  const nonce = crypto.randomBytes(16);
  const tag = crypto.argon2Sync('argon2id', { message: password, nonce, tagLength: 32, ...argon2Costs });
  const { memory, passes, parallelism } = argon2Costs;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(nonce)}$${unpadded(tag)}`;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
