import { X509Certificate } from 'node:crypto';
import type { AppFacts } from '../model/app.ts';
import type { BoundAddress, Settings } from '../model/settings.ts';
import type { CertificatePair, Route, SiteSettings } from '../model/site.ts';
import type { CertificateFacts, SiteStatus, Status, TrafficCounters, WorkerFacts } from '../model/status.ts';
import { version } from '../model/version.ts';
import { factsOfManaged, factsOfPair } from './certificate-facts.ts';
import type { PublicCertificates } from './public-certificates.ts';
import { sumTargets } from './sum-targets.ts';

/** Where certificates are told of. `now` is in milliseconds since 1970. */
export interface CertificateSources {
  readonly settings: Settings;
  readonly publicCertificates: PublicCertificates;
  readonly pairsOf: (site: SiteSettings) => readonly CertificatePair[];
  readonly now: number;
}

/** The parts of a running gateway that its status tells of. Times are milliseconds since 1970. */
interface StatusSources extends CertificateSources {
  readonly startedAt: number;
  readonly configuredAt: number;
  readonly reloads: number;
  readonly addresses: readonly BoundAddress[];
  readonly workers: readonly WorkerFacts[];
  readonly apps: readonly AppFacts[];
  /** Of all workers, also of those that are gone. */
  readonly counters: TrafficCounters;
}

const iso = (time: number): string => new Date(time).toISOString();
const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));

export function statusOfGateway(sources: StatusSources): Status {
  const { settings, publicCertificates, pairsOf } = sources;
  return {
    version,
    pid: process.pid,
    startedAt: iso(sources.startedAt),
    configFile: settings.file,
    configuredAt: iso(sources.configuredAt),
    reloads: sources.reloads,
    listeners: sources.addresses,
    sites: settings.sites.map((site) => ({
      name: site.name,
      names: site.names,
      tls: site.tls.mode,
      ...certificateStatus(pairsOf(site)),
      routes: site.routes.map((route) => ({ path: route.path, to: destinationOf(route) })),
    })),
    targets: sumTargets(sources.workers.map(({ targets }) => targets)),
    certificates: certificateFacts(sources),
    issuers: publicCertificates.issuers().map((issuer) => ({
      ...issuer,
      downSince: isoOrNull(issuer.downSince),
      lastSuccess: isoOrNull(issuer.lastSuccess),
    })),
    dynamicDns: dynamicDnsFacts(publicCertificates.dynamicDns()),
    counters: sources.counters,
    memory: { rssBytes: process.memoryUsage.rss() },
    workers: sources.workers.map(({ targets: _targets, ...facts }) => facts),
    apps: sources.apps,
  };
}

/** The certificates of `settings`, as `status` and `cert list` show them. */
export function certificateFacts({
  settings,
  publicCertificates,
  pairsOf,
  now,
}: CertificateSources): CertificateFacts[] {
  const managed = new Map(publicCertificates.status().map((status) => [status.name, factsOfManaged(status)]));
  return settings.sites
    .filter((site) => site.tls.mode !== 'off')
    .map((site) => managed.get(site.name) ?? factsOfPair(site, pairsOf(site)[0], now));
}

function certificateStatus(pairs: readonly CertificatePair[]): Pick<SiteStatus, 'certificate'> {
  const [pair] = pairs;
  if (pair === undefined) return {};
  const { validTo, issuer } = new X509Certificate(pair.chain);
  return { certificate: { notAfter: new Date(validTo).toISOString(), issuer: issuer.replaceAll('\n', ', ') } };
}

function dynamicDnsFacts(status: ReturnType<PublicCertificates['dynamicDns']>): Status['dynamicDns'] {
  if (status === null) return null;
  const { records, updatedAt, lastError } = status;
  return { records, updatedAt: isoOrNull(updatedAt), lastError };
}

function destinationOf({ action }: Route): string {
  return action.kind === 'proxy' ? action.group.name : `${action.status} ${action.location}`;
}
