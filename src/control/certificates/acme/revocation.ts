import { createPrivateKey, X509Certificate } from 'node:crypto';
import { exportJWK, importPKCS8 } from 'jose';
import { AcmeError, isProblem } from './problem.ts';
import type { AcmeSession } from './session.ts';

/** The reasons of RFC 5280 section 5.3.1 a subscriber may give. */
const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
} as const;

export type RevocationReason = keyof typeof revocationReasons;

/**
 * Revokes a certificate (RFC 8555 section 7.6), signed by the account, or by the certificate's own key when
 * `certificateKey` (PEM) is given, which works without the account. Already revoked is success.
 */
export async function revokeCertificate(
  session: AcmeSession,
  chain: string,
  reason: RevocationReason,
  certificateKey?: string,
): Promise<void> {
  const url = session.directory.revokeCert;
  if (url === undefined) {
    throw new AcmeError('this CA offers no revocation', { kind: 'malformed', url: session.directory.newOrder });
  }
  const payload = {
    certificate: new X509Certificate(chain).raw.toString('base64url'),
    reason: revocationReasons[reason],
  };
  try {
    if (certificateKey === undefined) await session.send(url, payload);
    else await session.post(url, payload, await certificateSigner(certificateKey));
  } catch (error) {
    if (!isProblem(error, 'alreadyRevoked')) throw error;
  }
}

async function certificateSigner(pem: string) {
  const key = createPrivateKey(pem);
  const alg = key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256';
  const pkcs8 = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const privateKey = await importPKCS8(pkcs8, alg, { extractable: true });
  const { kty, crv, x, y, n, e } = await exportJWK(privateKey);
  const jwk = alg === 'RS256' ? { kty: kty!, n: n!, e: e! } : { kty: kty!, crv: crv!, x: x!, y: y! };
  return { privateKey, jwk, alg };
}
