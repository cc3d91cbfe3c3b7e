import 'reflect-metadata';
import { createHash, webcrypto } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { Extension, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import type { CertificatePair } from '../../../model/site.ts';
import type { Identifier } from '../acme/identifier.ts';
import type { ChallengeSolver, Proof } from './solver.ts';

/** The ALPN protocol only a validating CA offers (RFC 8737 section 6.2). */
export const acmeTlsProtocol = 'acme-tls/1';

/** tls-alpn-01: the gate shows a certificate of its own to clients that offer `acme-tls/1`, and to nobody else. */
export interface TlsAlpn01Solver extends ChallengeSolver {
  readonly kind: 'tls-alpn-01';
  /**
   * The certificate for a hello that offers `acme-tls/1` and names `serverName` (any case, trailing dot allowed);
   * undefined when that name is not being proven now. The handshake must select `acme-tls/1` and end right after.
   */
  challengeCertificate(serverName: string): CertificatePair | undefined;
}

/** `shown` is told of every change and resolves when the gate answers so; a proof is presented only then. */
export function tlsAlpn01Solver(
  shown: (pairs: ReadonlyMap<string, CertificatePair>) => Promise<void> = async () => {},
): TlsAlpn01Solver {
  const pairs = new Map<string, CertificatePair>();
  return {
    kind: 'tls-alpn-01',
    challengeCertificate: (serverName) => pairs.get(serverName.toLowerCase().replace(/\.$/, '')),
    async present(proof) {
      const name = challengeServerName(proof.identifier);
      const pair = await createChallengeCertificate(proof);
      pairs.set(name, pair);
      await shown(pairs);
      return async () => {
        if (pairs.get(name) !== pair) return;
        pairs.delete(name);
        await shown(pairs);
      };
    },
  };
}

/** The SNI a CA sends: the name itself, or the reverse name of an address (RFC 8738 section 6). */
export function challengeServerName(identifier: Identifier): string {
  if (identifier.type === 'dns') return identifier.value.toLowerCase();
  if (isIPv4(identifier.value)) return `${identifier.value.split('.').reverse().join('.')}.in-addr.arpa`;
  return `${[...fullIpv6(identifier.value)].reverse().join('.')}.ip6.arpa`;
}

/** The 32 hexadecimal digits of an IPv6 address in its shortest text. */
function fullIpv6(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join('');
}

/** RFC 8737 section 3: self-signed, the one name, and a critical extension with the digest of the key authorization. */
async function createChallengeCertificate(proof: Proof): Promise<CertificatePair> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const digest = createHash('sha256').update(proof.keyAuthorization).digest();
  const octetString = Buffer.concat([Buffer.of(0x04, digest.length), digest]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Sallyport ACME challenge',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 7 * 86_400_000),
    extensions: [
      new SubjectAlternativeNameExtension([proof.identifier]),
      new Extension('1.3.6.1.5.5.7.1.31', true, octetString),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = key.match(/.{1,64}/g) ?? [];
  return {
    chain: `${certificate.toString('pem')}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
  };
}
