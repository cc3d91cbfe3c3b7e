import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair, importPKCS8, type JWK } from 'jose';

/** The key an account signs with: ECDSA P-256, ES256 (RFC 8555 section 6.2). */
export interface AccountKey {
  readonly privateKey: CryptoKey;
  /** Only the public members. */
  readonly publicJwk: JWK;
  /** RFC 7638, SHA-256, base64url: the second half of every key authorization. */
  readonly thumbprint: string;
}

async function fromPrivateKey(privateKey: CryptoKey): Promise<AccountKey> {
  const { crv, kty, x, y } = await exportJWK(privateKey);
  const publicJwk = { crv, kty, x, y } as JWK;
  return { privateKey, publicJwk, thumbprint: await calculateJwkThumbprint(publicJwk) };
}

export async function generateAccountKey(): Promise<AccountKey> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return fromPrivateKey(privateKey);
}

/** Reads a key that {@link exportAccountKey} wrote. Rejects when the text is no P-256 key in PKCS #8 PEM. */
export async function importAccountKey(pem: string): Promise<AccountKey> {
  return fromPrivateKey(await importPKCS8(pem, 'ES256', { extractable: true }));
}

/** PKCS #8 PEM, ending in a newline. A secret. */
export async function exportAccountKey(key: AccountKey): Promise<string> {
  const pem = await exportPKCS8(key.privateKey);
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
