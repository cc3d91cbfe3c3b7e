import { FlattenedSign, type CryptoKey as JoseKey, type JWK, type JWSHeaderParameters } from 'jose';

const encoder = new TextEncoder();

/** Who signs: an account by its URL, or a bare key for requests made before (or without) an account. */
export type Signer =
  | { readonly privateKey: JoseKey; readonly kid: string }
  | { readonly privateKey: JoseKey; readonly jwk: JWK; readonly alg?: string };

/** A flattened JWS in JSON over `payload`; undefined signs the empty payload of a POST-as-GET (RFC 8555 section 6.3). */
export async function signRequest(
  signer: Signer,
  fields: { readonly url: string; readonly nonce?: string },
  payload: object | undefined,
): Promise<string> {
  const who = 'kid' in signer ? { alg: 'ES256', kid: signer.kid } : { alg: signer.alg ?? 'ES256', jwk: signer.jwk };
  const header = { ...who, ...fields } as JWSHeaderParameters;
  const bytes = encoder.encode(payload === undefined ? '' : JSON.stringify(payload));
  return JSON.stringify(await new FlattenedSign(bytes).setProtectedHeader(header).sign(signer.privateKey));
}

/** The key identifier and MAC key a CA handed out for external account binding; `hmac` is base64url. A secret. */
export interface ExternalAccount {
  readonly kid: string;
  readonly hmac: string;
}

/** RFC 8555 section 7.3.4: the account's public key, signed with the CA's MAC key. */
export async function signExternalBinding(external: ExternalAccount, url: string, publicJwk: JWK): Promise<object> {
  const secret = Buffer.from(external.hmac, 'base64url');
  const header = { alg: 'HS256', kid: external.kid, url } as JWSHeaderParameters;
  return new FlattenedSign(encoder.encode(JSON.stringify(publicJwk))).setProtectedHeader(header).sign(secret);
}
