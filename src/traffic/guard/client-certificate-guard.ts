import type { Clock } from '../../model/clock.ts';
import type { ShownCertificate } from '../shown-certificate.ts';
import { type Guard, pass, type Refusal, type Verdict } from './guard.ts';
import type { Visit } from './visit.ts';

/** What a route wants of client certificates. */
export interface CertificateDemand {
  /** Without one nobody passes. */
  readonly required: boolean;
  /** See `trustId`. */
  readonly trust: string;
  /** The app is given the certificate itself too (RFC 9440). */
  readonly passCertificate: boolean;
}

const none = refusal('This site asks for a certificate of yours, and your program has shown none.');
const unknownIssuer = refusal('The certificate that your program has shown is not from a CA that counts here.');
const expired = refusal('The certificate that your program has shown is not valid at this time.');
const revoked = refusal('The certificate that your program has shown has been revoked.');
const noList = refusal(
  'It cannot be told whether your certificate is still good: the revocation list of this site is missing or has ended.',
);
/** The site has changed whom it trusts since this connection was made. */
const otherTrust: Refusal = { status: 421, detail: 'Who may pass has changed: please connect again.', lines: '' };

const reasons: Readonly<Record<string, Refusal>> = {
  CERT_HAS_EXPIRED: expired,
  CERT_NOT_YET_VALID: expired,
  CERT_REVOKED: revoked,
  CRL_HAS_EXPIRED: noList,
  CRL_NOT_YET_VALID: noList,
  UNABLE_TO_GET_CRL: noList,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownIssuer,
  SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
};

/** `reason` is OpenSSL's name for it, never a client's text. */
function unusable(reason: string): Refusal {
  return refusal(`The certificate that your program has shown cannot be accepted (${reason}).`);
}

function refusal(detail: string): Refusal {
  return { status: 403, detail, lines: '' };
}

/**
 * Passes those who have shown a good certificate in the handshake, and tells the app whose it is. One that is bad never passes;
 * none at all passes where it is not required. The fields are owned on every site: see `isStatedByGate`.
 */
export class ClientCertificateGuard implements Guard {
  readonly ownedFields = [];
  readonly #demand: CertificateDemand;
  readonly #clock: Clock;

  constructor(demand: CertificateDemand, clock: Clock) {
    this.#demand = demand;
    this.#clock = clock;
  }

  check(visit: Visit): Verdict {
    const { certificate } = visit.peer;
    const { required, trust, passCertificate } = this.#demand;
    if (!certificate || certificate.trust !== trust) return otherTrust;
    if (certificate.verdict === 'bad') return reasons[certificate.reason] ?? unusable(certificate.reason);
    if (certificate.verdict === 'none') {
      if (required) return none;
      visit.requestLines += 'X-Client-Cert-Verify: NONE\r\n';
      return pass;
    }
    // A connection may outlive the certificate it was made with, and so may a session that is resumed.
    if (certificate.notAfter < this.#clock.now()) return expired;
    visit.requestLines += linesOf(certificate, passCertificate);
    if (visit.user === '') visit.user = certificate.name;
    return pass;
  }
}

function linesOf({ subject, serial, fingerprint, der }: ShownCertificate, whole: boolean): string {
  return (
    `X-Client-Cert-Verify: SUCCESS\r\nX-Client-Cert-Subject: ${subject}\r\nX-Client-Cert-Serial: ${serial}\r\n` +
    `X-Client-Cert-Fingerprint: ${fingerprint}\r\n${whole ? `Client-Cert: :${der}:\r\n` : ''}`
  );
}
