import { z } from 'zod';
import { readBody, requiredHeader } from './answer.ts';
import { type ExternalAccount, signExternalBinding } from './jws.ts';
import { AcmeError } from './problem.ts';
import type { AcmeSession } from './session.ts';

/** RFC 8555 section 7.1.2. */
const accountSchema = z.object({ status: z.enum(['valid', 'deactivated', 'revoked']) });

export interface AccountRequest {
  /** For the CA's own messages; '' for none. */
  readonly email: string;
  readonly externalAccount?: ExternalAccount | undefined;
}

function contact(email: string): { contact?: string[] } {
  return email === '' ? {} : { contact: [`mailto:${email}`] };
}

/**
 * Creates the account of the session's key, or finds it when it exists (section 7.3), agreeing to the CA's terms.
 * Returns a session that acts as it.
 */
export async function openAccount(session: AcmeSession, request: AccountRequest): Promise<[AcmeSession, string]> {
  const url = session.directory.newAccount;
  const { privateKey, publicJwk } = session.key;
  const binding = request.externalAccount
    ? { externalAccountBinding: await signExternalBinding(request.externalAccount, url, publicJwk) }
    : {};
  const payload = { termsOfServiceAgreed: true, ...contact(request.email), ...binding };
  const response = await session.post(url, payload, { privateKey, jwk: publicJwk });
  const account = readBody(response, accountSchema, 'account');
  if (account.status !== 'valid') {
    const problem = {
      type: 'urn:ietf:params:acme:error:unauthorized',
      detail: `the account is ${account.status}`,
      subproblems: [],
    };
    throw new AcmeError(`${new URL(url).host}: ${problem.detail}`, { kind: 'problem', url, problem });
  }
  const accountUrl = new URL(requiredHeader(response, 'location'), url).href;
  return [session.withAccount(accountUrl), accountUrl];
}
