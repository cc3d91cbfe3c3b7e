import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Access, ClientCertificates } from '../../model/access.ts';
import { systemErrorCode } from '../../model/errors.ts';
import { readChain } from './certificate-files.ts';
import { unreadableCure } from './expand.ts';
import type { Fault } from './fault.ts';
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
  const files = {
    ca: ca === 'internal' ? null : resolve(directory, ca),
    revocations: crl === undefined ? null : resolve(directory, crl),
  };
  // In the short form the file stands where the mapping would.
  const caPath: Path = findings.has([...own, 'ca']) ? [...own, 'ca'] : own;
  if (files.ca !== null) for (const fault of authorityFaults(files.ca)) findings.problem(caPath, fault);
  if (files.revocations !== null && files.ca !== null)
    for (const fault of listFaults(files.revocations)) findings.problem([...own, 'crl'], fault);
  return { ...files, passCertificate };
}

function authorityFaults(path: string): readonly Fault[] {
  const chain = readChain(path);
  if (chain.faults) return chain.faults;
  const leaf = chain.value.find((certificate) => !certificate.ca);
  if (leaf === undefined) return [];
  const subject = (leaf.subject ?? '').replaceAll('\n', ', ');
  return [
    {
      what: `a certificate that is no CA's: ${subject}`,
      cure: 'Name the certificate of the CA that signed those of the clients.',
    },
  ];
}

/** Whether it is a list shows when it is taken up; that it is there, here. */
function listFaults(path: string): readonly Fault[] {
  try {
    readFileSync(path);
    return [];
  } catch (error) {
    return [{ what: `cannot read the file: ${systemErrorCode(error)}`, cure: unreadableCure(error) }];
  }
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
