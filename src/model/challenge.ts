import type { CertificatePair } from './site.ts';

/** What answers the questions of CAs at this moment. Plain data: it is sent to every worker. */
export interface ChallengeProofs {
  /** Bodies for `/.well-known/acme-challenge/TOKEN` on plain HTTP, by token (RFC 8555 section 8.3). */
  readonly http01: ReadonlyMap<string, string>;
  /** Certificates for clients that offer `acme-tls/1` and nothing else, by server name in lower case (RFC 8737). */
  readonly tlsAlpn01: ReadonlyMap<string, CertificatePair>;
}

export const noProofs: ChallengeProofs = Object.freeze({ http01: new Map(), tlsAlpn01: new Map() });
