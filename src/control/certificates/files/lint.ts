import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import * as x509 from '@peculiar/x509';
import type { CertificatePair } from '../../../model/site.ts';
import { readChain, validityOf } from '../x509/chain.ts';
import { covers } from '../x509/names.ts';

/** Something about a certificate that works less well than its owner may think. */
export interface Finding {
  /** Stable name that callers branch on. */
  readonly code: FindingCode;
  readonly message: string;
  readonly cure: string;
}

type FindingCode =
  | 'expired'
  | 'not-yet-valid'
  | 'expires-soon'
  | 'name-not-covered'
  | 'chain-disordered'
  | 'chain-incomplete'
  | 'leaf-is-ca'
  | 'not-for-servers'
  | 'weak-signature'
  | 'weak-key'
  | 'lifetime-too-long'
  | 'key-readable';

export interface LintContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The key file, when there is one. */
  readonly keyFile?: { readonly path: string; readonly mode: number };
}

const day = 86_400_000;
const serverAuth = '1.3.6.1.5.5.7.3.1';
const date = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** Checks a pair for a site with these names. The worst comes first; nothing found is []. */
export function lintPair(pair: CertificatePair, names: readonly string[], context: LintContext): Finding[] {
  const chain = readChain(pair.chain);
  const leaf = chain[0];
  if (!leaf) return [];
  return [
    ...lintTime(leaf, context.now),
    ...lintNames(leaf, names),
    ...lintChain(chain),
    ...lintUse(leaf),
    ...chain.flatMap((each) => lintStrength(each)),
    ...lintKeyFile(context),
  ];
}

function lintTime(leaf: X509Certificate, now: number): Finding[] {
  const { notBefore, notAfter } = validityOf(leaf);
  const cure = 'Put a renewed certificate in its place; it is taken up at once.';
  const findings: Finding[] = [];
  if (notAfter <= now) findings.push({ code: 'expired', message: `The certificate ended on ${date(notAfter)}`, cure });
  else if (notBefore > now) {
    const message = `The certificate is not valid before ${new Date(notBefore).toISOString()}`;
    findings.push({ code: 'not-yet-valid', message, cure: 'Check the clock of this machine, or wait.' });
  } else if (now - notBefore > ((notAfter - notBefore) * 5) / 6) {
    const days = Math.floor((notAfter - now) / day);
    findings.push({
      code: 'expires-soon',
      message: `The certificate ends on ${date(notAfter)}, in ${days} days`,
      cure,
    });
  }
  if (notAfter - notBefore > 825 * day) {
    findings.push({
      code: 'lifetime-too-long',
      message: `The certificate is valid for ${Math.round((notAfter - notBefore) / day)} days; Apple devices refuse more than 825`,
      cure: 'Issue it for a shorter time.',
    });
  }
  return findings;
}

function lintNames(leaf: X509Certificate, names: readonly string[]): Finding[] {
  const missing = names.filter((name) => !covers(leaf, name));
  if (missing.length === 0) return [];
  const held = leaf.subjectAltName ? `It is for ${leaf.subjectAltName}` : 'It has no subject alternative name at all';
  return [
    {
      code: 'name-not-covered',
      message: `The certificate does not cover ${missing.join(', ')}. ${held}`,
      cure: 'Get a certificate that names every host of the site; the common name does not count.',
    },
  ];
}

const signs = (issuer: X509Certificate, subject: X509Certificate): boolean =>
  subject.checkIssued(issuer) && subject.verify(issuer.publicKey);

let publicRootSubjects: ReadonlySet<string> | undefined;

/** Whether a public root of that name is known, so that a chain may end below it. */
function isPublicRoot(subject: string): boolean {
  publicRootSubjects ??= new Set(rootCertificates.map((pem) => new X509Certificate(pem).subject));
  return publicRootSubjects.has(subject);
}

function lintChain(chain: readonly X509Certificate[]): Finding[] {
  let top = chain[0]!;
  for (const next of chain.slice(1)) {
    if (!signs(next, top)) {
      const message = `In the certificate file, ${oneLine(top.subject)} is not followed by its issuer`;
      return [{ code: 'chain-disordered', message, cure: 'Order the file: the site first, then each one its issuer.' }];
    }
    top = next;
  }
  if (top.subject === top.issuer || isPublicRoot(top.issuer)) return [];
  // A private CA may sign leaves with its root, and says nothing of where its own certificate is.
  if (chain.length > 1 || !top.infoAccess?.includes('CA Issuers')) return [];
  return [
    {
      code: 'chain-incomplete',
      message: `The certificate file ends before the intermediate certificate ${oneLine(top.issuer)}; many clients will refuse it`,
      cure: 'Append the intermediate (certbot calls the complete file fullchain.pem).',
    },
  ];
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ') || 'the certificate';
}

function lintUse(leaf: X509Certificate): Finding[] {
  const findings: Finding[] = [];
  if (leaf.ca) {
    findings.push({
      code: 'leaf-is-ca',
      message: 'The certificate is marked as a CA (CA:TRUE); clients built on rustls, such as AnkiDroid, refuse it',
      cure: 'Use `tls: internal`, or make it with: openssl req -x509 -addext basicConstraints=critical,CA:FALSE …',
    });
  }
  // Node calls the extended key usage so.
  const uses: readonly string[] | undefined = leaf.keyUsage;
  if (uses && uses.length > 0 && !uses.includes(serverAuth)) {
    const message = 'The certificate is not meant for servers (extended key usage)';
    findings.push({ code: 'not-for-servers', message, cure: 'Get one with the usage serverAuth.' });
  }
  return findings;
}

function lintStrength(certificate: X509Certificate): Finding[] {
  const findings: Finding[] = [];
  const selfSigned = certificate.subject === certificate.issuer;
  const algorithm = new x509.X509Certificate(certificate.raw).signatureAlgorithm;
  const hash = algorithm.hash?.name ?? '';
  // Nobody checks the signature of a root.
  if (!selfSigned && /^(SHA-1|MD5)$/.test(hash)) {
    const message = `${oneLine(certificate.subject)} is signed with ${hash}, which clients refuse`;
    findings.push({ code: 'weak-signature', message, cure: 'Have it signed with SHA-256.' });
  }
  const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < 2048) {
    const message = `The RSA key of ${oneLine(certificate.subject)} has ${bits} bits, which clients refuse`;
    findings.push({ code: 'weak-key', message, cure: 'Use ECDSA P-256, or RSA with 2048 bits or more.' });
  }
  return findings;
}

function lintKeyFile({ keyFile }: LintContext): Finding[] {
  if (!keyFile || (keyFile.mode & 0o007) === 0) return [];
  const mode = keyFile.mode.toString(8).padStart(4, '0');
  return [
    {
      code: 'key-readable',
      message: `Every user of this machine can read the key ${keyFile.path} (mode ${mode})`,
      cure: `chmod o-rwx ${keyFile.path}`,
    },
  ];
}
