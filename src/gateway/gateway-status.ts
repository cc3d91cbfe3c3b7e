import { X509Certificate } from 'node:crypto';
import type { Settings } from '../model/settings.ts';
import type { CertificatePair, Route, SiteSettings } from '../model/site.ts';
import type { CertificateFacts, SiteStatus, Status } from '../model/status.ts';
import { version } from '../model/version.ts';
import type { Listeners } from '../traffic/listen/listeners.ts';
import type { Worker } from '../traffic/worker.ts';
import { factsOfManaged, factsOfPair } from './certificate-facts.ts';
import type { PublicCertificates } from './public-certificates.ts';

/** The parts of a running gateway that its status tells of. Times are milliseconds since 1970. */
interface StatusSources {
  readonly settings: Settings;
  readonly startedAt: number;
  readonly configuredAt: number;
  readonly reloads: number;
  readonly listeners: Listeners;
  readonly worker: Worker;
  readonly publicCertificates: PublicCertificates;
  readonly pairsOf: (site: SiteSettings) => readonly CertificatePair[];
  readonly now: number;
}

const iso = (time: number): string => new Date(time).toISOString();
const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));

export function statusOfGateway(sources: StatusSources): Status {
  const { settings, worker, listeners, publicCertificates, pairsOf } = sources;
  const { counters } = worker.context;
  const listen = listeners.counters;
  return {
    version,
    pid: process.pid,
    startedAt: iso(sources.startedAt),
    configFile: settings.file,
    configuredAt: iso(sources.configuredAt),
    reloads: sources.reloads,
    listeners: listeners.addresses(),
    sites: settings.sites.map((site) => ({
      name: site.name,
      names: site.names,
      tls: site.tls.mode,
      ...certificateStatus(pairsOf(site)),
      routes: site.routes.map((route) => ({ path: route.path, to: destinationOf(route) })),
    })),
    certificates: certificateFacts(sources),
    issuers: publicCertificates.issuers().map((issuer) => ({
      ...issuer,
      downSince: isoOrNull(issuer.downSince),
      lastSuccess: isoOrNull(issuer.lastSuccess),
    })),
    dynamicDns: dynamicDnsFacts(publicCertificates.dynamicDns()),
    counters: {
      connections: listen.open,
      tunnels: worker.openTunnels,
      acceptedConnections: listen.accepted,
      requests: counters.requests,
      refusedRequests: counters.refused,
      upstreamFailures: counters.upstreamFailures,
      failedHandshakes: listen.failedHandshakes,
      http2: { ...worker.context.http2.counters },
    },
    memory: { rssBytes: process.memoryUsage.rss() },
  };
}

function certificateFacts({ settings, publicCertificates, pairsOf, now }: StatusSources): CertificateFacts[] {
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
