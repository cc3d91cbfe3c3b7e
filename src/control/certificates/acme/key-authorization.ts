import { createHash } from 'node:crypto';
import type { AccountKey } from './account-key.ts';

/** RFC 8555 section 8.1. */
export function keyAuthorization(token: string, key: AccountKey): string {
  return `${token}.${key.thumbprint}`;
}

/** The value of the `_acme-challenge` TXT record (section 8.4). */
export function dnsChallengeValue(authorization: string): string {
  return createHash('sha256').update(authorization).digest('base64url');
}
