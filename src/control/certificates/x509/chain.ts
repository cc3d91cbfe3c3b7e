import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM text, in its order; text between the blocks is skipped, as OpenSSL does.
 * Throws when a block is not a certificate; returns [] when there is none.
 */
export function readChain(pem: string): X509Certificate[] {
  return Array.from(pem.matchAll(certificateBlock), (match) => new X509Certificate(match[0]));
}

/** Certificates as one PEM text: leaf first, each ending in a newline. */
export function writeChain(certificates: readonly (X509Certificate | string)[]): string {
  return certificates.map((each) => `${each.toString().trimEnd()}\n`).join('');
}

/** The private key in a PEM text. Throws for anything else, encrypted keys included. */
export function readKey(pem: string): KeyObject {
  return createPrivateKey(pem);
}

/** Whether `key` is the private half of the certificate's public key. */
export function keyMatches(certificate: X509Certificate, key: KeyObject): boolean {
  return certificate.checkPrivateKey(key);
}

/** Start and end of a certificate's life, milliseconds since 1970. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The validity of a certificate, or of the first one of a PEM chain. */
export function validityOf(certificate: X509Certificate | string): Validity {
  const leaf = typeof certificate === 'string' ? new X509Certificate(certificate) : certificate;
  return { notBefore: leaf.validFromDate.getTime(), notAfter: leaf.validToDate.getTime() };
}
