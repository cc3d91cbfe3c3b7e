import type { AccountKey } from './account-key.ts';
import { signRequest } from './jws.ts';
import { AcmeError } from './problem.ts';
import type { AcmeSession } from './session.ts';

/**
 * Gives the account a new key (RFC 8555 section 7.3.5) and returns a session that uses it.
 * Store `next` before calling: when the answer is lost, either key may be the account's.
 */
export async function changeKey(session: AcmeSession, next: AccountKey): Promise<AcmeSession> {
  const url = session.directory.keyChange;
  if (url === undefined) {
    throw new AcmeError('this CA offers no key rollover', { kind: 'malformed', url: session.directory.newAccount });
  }
  const payload = { account: session.parts.accountUrl, oldKey: session.key.publicJwk };
  const inner: unknown = JSON.parse(
    await signRequest({ privateKey: next.privateKey, jwk: next.publicJwk }, { url }, payload),
  );
  await session.send(url, inner as object);
  return session.withAccount(session.parts.accountUrl, next);
}
