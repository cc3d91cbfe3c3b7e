import type { Http2ErrorCounters, SiteStatus, Status } from '../model/status.ts';
import { listenUrls } from './addresses.ts';
import { appTable, appTroubleLines } from './app-report.ts';
import { troubleLines } from './certificate-report.ts';
import { duration } from './duration.ts';
import { printTable, type TableCell } from './table.ts';
import { targetLines } from './target-report.ts';
import type { Output } from './terminal.ts';

const day = 86_400_000;

/** What `sallyport status` prints for people. `now` is in milliseconds since 1970. */
export function statusLines(status: Status, now: number, paint: Output['paint']): string[] {
  const { counters } = status;
  const facts: [string, string][] = [
    ['running', `pid ${status.pid}, version ${status.version}, up ${duration(now - Date.parse(status.startedAt))}`],
    [
      'config',
      `${status.configFile ?? 'from arguments'}, taken up ${duration(now - Date.parse(status.configuredAt))} ago`,
    ],
    ['reloads', String(status.reloads)],
    ['listening', listenUrls(status.listeners) || 'nowhere'],
    [
      'requests',
      `${counters.requests} answered, ${counters.refusedRequests} refused, ${counters.upstreamFailures} failed at the app`,
    ],
    [
      'connections',
      `${counters.connections} open (${counters.tunnels} upgraded), ${counters.acceptedConnections} in all, ${counters.failedHandshakes} failed handshakes`,
    ],
    ...http2Facts(counters.http2),
    ['memory', mebibytes(status.memory.rssBytes)],
    ...workerFacts(status),
  ];
  const table = siteRows(status.sites, now, paint);
  const dynamicDns = status.dynamicDns;
  if (dynamicDns !== null) {
    const told = dynamicDns.updatedAt ? `told ${duration(now - Date.parse(dynamicDns.updatedAt))} ago` : 'not told yet';
    const records = dynamicDns.records.map((one) => `${one}.duckdns.org`).join(', ');
    facts.push(['address of', `${records}: ${dynamicDns.lastError ? `not updated: ${dynamicDns.lastError}` : told}`]);
  }
  const targets = targetLines(status.targets, paint);
  const apps = status.apps.length > 0 ? ['', ...appTable(status.apps, now, paint)] : [];
  const trouble = [
    ...troubleLines(status.certificates, status.issuers, paint),
    ...status.apps.flatMap((app) => appTroubleLines(app, paint)),
  ];
  return [
    ...facts.map(([name, value]) => `${paint('bold', name.padEnd(12))} ${value}`),
    '',
    ...table,
    ...(targets.length > 0 ? ['', ...targets] : []),
    ...apps,
    ...(trouble.length > 0 ? ['', ...trouble] : []),
  ];
}

/** What HTTP/2 clients did wrong, in words: `3 rapid resets`. Nothing when they did not. */
function http2Facts(counters: Http2ErrorCounters): [string, string][] {
  const seen = Object.entries(counters).filter(([, count]) => count > 0);
  if (seen.length === 0) return [];
  const inWords = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return [['HTTP/2', `faults of clients: ${seen.map(([name, count]) => `${count} ${inWords(name)}`).join(', ')}`]];
}

/** A line for each process that carries traffic, unless it is the one the rest is about. */
function workerFacts({ pid, workers }: Status): [string, string][] {
  if (workers.every((worker) => worker.pid === pid)) return [];
  return workers.map(({ pid: own, state, restarts, rssBytes, counters }) => [
    `worker ${own}`,
    `${counters.requests} answered, ${counters.connections} open (${counters.tunnels} upgraded), ${mebibytes(rssBytes)}` +
      `${restarts > 0 ? `, replaced ${restarts} ${restarts === 1 ? 'time' : 'times'}` : ''}${state === 'draining' ? ', draining' : ''}`,
  ]);
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}

function siteRows(sites: readonly SiteStatus[], now: number, paint: Output['paint']): string[] {
  const head: TableCell[] = ['SITE', 'PATH', 'TO', 'TLS', 'CERTIFICATE'].map((text) => ({ text, style: 'bold' }));
  const rows = [head, ...sites.flatMap((site) => rowsOf(site, now))];
  return printTable(rows, paint);
}

/** One row a route; the site's own facts stand in the first, its aliases below its name. */
function rowsOf(site: SiteStatus, now: number): TableCell[][] {
  const [, ...aliases] = site.names;
  const height = Math.max(site.routes.length, 1 + aliases.length);
  return Array.from({ length: height }, (_, index) => {
    const route = site.routes[index];
    const alias = aliases[index - 1];
    return [
      { text: index === 0 ? site.name : alias === undefined ? '' : `  ${alias}` },
      { text: route?.path ?? '' },
      { text: route?.to ?? '' },
      { text: index === 0 ? site.tls : '' },
      index === 0 ? certificateCell(site, now) : { text: '' },
    ];
  });
}

function certificateCell({ tls, certificate }: SiteStatus, now: number): TableCell {
  if (!certificate) return tls === 'off' ? { text: '' } : { text: 'none yet', style: 'red' };
  const days = Math.floor((Date.parse(certificate.notAfter) - now) / day);
  if (days < 0) return { text: `expired ${certificate.notAfter.slice(0, 10)}, ${certificate.issuer}`, style: 'red' };
  const text = `${days} ${days === 1 ? 'day' : 'days'} left, ${certificate.issuer}`;
  return { text, style: days < 7 ? 'yellow' : 'green' };
}
