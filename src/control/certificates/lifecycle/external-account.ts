import { z } from 'zod';
import type { ExternalAccount } from '../acme/jws.ts';
import { callWebApi } from '../challenge/dns/web-api.ts';
import type { ExternalAccountSource } from './account-keeper.ts';
import { OrderFailure } from './failure.ts';

const answerSchema = z.object({
  success: z.literal(true),
  eab_kid: z.string().min(1),
  eab_hmac_key: z.string().min(1),
});

/** Gets an account binding where a CA hands them out for an e-mail address (ZeroSSL's form). */
export function externalAccountByEmail(place: { readonly url: string; readonly ca?: string }): ExternalAccountSource {
  return async (email): Promise<ExternalAccount> => {
    const url = new URL(place.url);
    if (email === '') {
      const text = `${url.host} binds accounts to an e-mail address`;
      throw new OrderFailure(text, { kind: 'configuration', cure: 'set acme.email' });
    }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams({ email }).toString();
    const answer = await callWebApi(url, { method: 'POST', headers, body, ca: place.ca });
    const parsed = answerSchema.safeParse(jsonOf(answer.body));
    if (parsed.success) return { kid: parsed.data.eab_kid, hmac: parsed.data.eab_hmac_key };
    const text = `${url.host} gave no account binding (status ${answer.status})`;
    throw new OrderFailure(text, { kind: 'outage', cure: 'or set eab: {kid, hmac} at the issuer by hand' });
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
