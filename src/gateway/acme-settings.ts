import { networkInterfaces } from 'node:os';
import type { AcmeSettings } from '../control/certificates/acme-service.ts';
import { isPublicAddress } from '../control/certificates/doctor/public-name.ts';
import type { AcmeIssuerSettings } from '../control/certificates/lifecycle/acme-issuer.ts';
import { knownIssuers } from '../control/certificates/lifecycle/known-issuers.ts';
import type { AcmeIssuerConfig } from '../model/acme.ts';
import type { Settings } from '../model/settings.ts';

/** A configuration's `acme`, as the service of certificates wants it: known CAs filled in, listeners taken into account. */
export function acmeSettings({ acme, listen }: Settings): AcmeSettings {
  return {
    issuers: acme.issuers.map((issuer) => issuerSettings(issuer, acme.email)),
    challenge: acme.challenge,
    dns: acme.dns,
    resolvers: acme.resolvers,
    answers: { http: listen.http.length > 0, tls: listen.https.length > 0 },
    ports: { http: acme.ports.http, tls: acme.ports.https },
    ownAddresses: publicAddresses(),
    preflight: true,
  };
}

function issuerSettings(
  { name, known, directory, ca, eab, profile }: AcmeIssuerConfig,
  email: string,
): AcmeIssuerSettings {
  return {
    ...(known === null ? { directory } : knownIssuers[known]!),
    name,
    email,
    ...(ca !== null && { ca }),
    ...(eab !== null && { externalAccount: eab }),
    ...(profile !== null && { profile }),
  };
}

/** Those of this machine's own interfaces; none behind a router. */
function publicAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => address)
    .filter(isPublicAddress);
}
