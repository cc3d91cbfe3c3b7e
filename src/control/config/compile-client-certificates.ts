import { resolve } from 'node:path';
import type { Access, ClientCertificates } from '../../model/access.ts';
import type { Findings } from './problems.ts';
import type { ParsedSite } from './site-schema.ts';
import type { Path } from './source.ts';

/** How a site asks for client certificates; null when it does not. */
export function compileClientCertificates(
  { clientCertificates: asked, tls }: ParsedSite,
  path: Path,
  directory: string,
  findings: Findings,
): ClientCertificates | null {
  if (asked === undefined) return null;
  const own: Path = [...path, 'clientCertificates'];
  if (tls === 'off') {
    const cure = 'Take tls: off out: certificates are shown in the TLS handshake.';
    findings.problem(own, { what: 'client certificates without TLS', cure, onKey: true });
  }
  const { ca, crl, passCertificate = false } = asked;
  if (ca === 'internal' && crl !== undefined) {
    const cure =
      'Take it out: the in-house CA makes no revocation lists; its client certificates live for 90 days unless --days says more.';
    findings.problem([...own, 'crl'], { what: 'a revocation list for the in-house CA', cure, onKey: true });
  }
  return {
    ca: ca === 'internal' ? null : resolve(directory, ca),
    revocations: crl === undefined ? null : resolve(directory, crl),
    passCertificate,
  };
}

/** Whether a route wants one. */
export function compileDemand(
  { clientCertificates: asked }: ParsedSite,
  route: 'required' | 'optional' | undefined,
  path: Path,
  findings: Findings,
): Access['clientCertificate'] {
  if (asked !== undefined) return route ?? asked.mode ?? 'required';
  if (route !== undefined) {
    const cure =
      'Name the CA in clientCertificates of the site, as in clientCertificates: {ca: clients.pem, mode: optional}.';
    findings.problem([...path, 'clientCertificates'], { what: 'the site asks for no certificates', cure, onKey: true });
  }
  return undefined;
}
