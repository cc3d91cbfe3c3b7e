import { createHash } from 'node:crypto';
import type { ClientTrust } from '../model/access.ts';

/** What a client has shown of itself in the handshake with a site that asks for a certificate. */
export interface ShownCertificate {
  /** {@link trustId} of what it was verified with. */
  readonly trust: string;
  /** none: the client has shown none. */
  readonly verdict: 'good' | 'bad' | 'none';
  /** Why it is bad, as OpenSSL names it, e.g. `CERT_HAS_EXPIRED`; ''. */
  readonly reason: string;
  /** Milliseconds since 1970; 0 without a certificate. */
  readonly notAfter: number;
  /** First common name of the subject; ''. */
  readonly name: string;
  /** The subject as RFC 4514 writes it, in ASCII; ''. */
  readonly subject: string;
  /** Hexadecimal, upper case; ''. */
  readonly serial: string;
  /** SHA-256 of the certificate, hexadecimal, lower case; ''. */
  readonly fingerprint: string;
  /** The certificate, DER in base64; ''. */
  readonly der: string;
}

/** Changes whenever the CAs or the revocations do; '' for a site that asks for no certificates. */
export function trustId(trust: ClientTrust | undefined): string {
  if (trust === undefined) return '';
  return createHash('sha256')
    .update(JSON.stringify([trust.ca, trust.revocations]))
    .digest('hex');
}
