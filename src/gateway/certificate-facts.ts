import { X509Certificate } from 'node:crypto';
import type { CertificateStatus } from '../control/certificates/lifecycle/certificate-status.ts';
import type { CertificatePair, SiteSettings } from '../model/site.ts';
import type { CertificateFacts } from '../model/status.ts';

const day = 86_400_000;
const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());

/** A certificate that the lifecycle of public CAs looks after. */
export function factsOfManaged(status: CertificateStatus): CertificateFacts {
  const { name, names, state, issuer, daysLeft, attempts, renewal, lastError, unsaved } = status;
  return {
    name,
    names: [...names],
    source: 'acme',
    state,
    issuer,
    notBefore: iso(status.notBefore),
    notAfter: iso(status.notAfter),
    daysLeft,
    nextAttempt: iso(status.nextAttempt),
    renewal,
    attempts,
    failingSince: iso(status.failingSince),
    lastError: lastError && {
      message: lastError.message,
      issuer: lastError.issuer,
      at: new Date(lastError.at).toISOString(),
      cure: lastError.cure,
    },
    unsaved,
  };
}

/** A certificate of the in-house CA or of the user's own. */
export function factsOfPair(site: SiteSettings, pair: CertificatePair | undefined, now: number): CertificateFacts {
  const leaf = pair && new X509Certificate(pair.chain);
  const notAfter = leaf?.validToDate.getTime() ?? null;
  const expired = notAfter !== null && notAfter < now;
  return {
    name: site.name,
    names: [...site.names],
    source: site.tls.mode === 'files' ? 'files' : 'internal',
    state: leaf ? (expired ? 'failing' : 'valid') : 'waiting',
    issuer: leaf ? issuerName(leaf) : '',
    notBefore: iso(leaf?.validFromDate.getTime() ?? null),
    notAfter: iso(notAfter),
    daysLeft: notAfter === null ? null : Math.floor((notAfter - now) / day),
    nextAttempt: null,
    renewal: null,
    attempts: 0,
    failingSince: null,
    lastError: null,
    unsaved: '',
  };
}

function issuerName({ issuer }: X509Certificate): string {
  return issuer.replaceAll('\n', ', ');
}
