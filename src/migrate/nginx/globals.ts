import { parseNetwork } from '../../control/config/network.ts';
import type { Config } from '../../control/config/schema.ts';
import { bracketed } from '../../model/host.ts';
import type { Listen } from './listen.ts';
import type { Scope } from './scope.ts';
import type { Limits } from './shapes.ts';
import { durationText, parseSize, parseTime, sizeText } from './values.ts';
import type { Work } from './work.ts';

/** A server of a site: where it listens, and the blocks that answer. */
export interface Served {
  readonly scope: Scope;
  readonly locations: readonly Scope[];
  readonly listens: readonly Listen[];
}

type TimeKey = 'responseTimeout' | 'bodyIdle' | 'connectTimeout' | 'headTimeout' | 'keepAlive';

/** nginx's times, by the limit of ours that each becomes; `least` is what the limit is anyway. */
const times: readonly {
  readonly name: string;
  readonly key: TimeKey;
  readonly least: number;
  readonly counted: boolean;
}[] = [
  { name: 'proxy_read_timeout', key: 'responseTimeout', least: 60_000, counted: true },
  { name: 'grpc_read_timeout', key: 'responseTimeout', least: 60_000, counted: false },
  { name: 'proxy_send_timeout', key: 'bodyIdle', least: 60_000, counted: false },
  { name: 'send_timeout', key: 'bodyIdle', least: 60_000, counted: false },
  { name: 'client_body_timeout', key: 'bodyIdle', least: 60_000, counted: false },
  { name: 'proxy_connect_timeout', key: 'connectTimeout', least: 0, counted: false },
  { name: 'client_header_timeout', key: 'headTimeout', least: 0, counted: false },
  { name: 'keepalive_timeout', key: 'keepAlive', least: 0, counted: false },
];
const usual: Readonly<Record<TimeKey, number>> = {
  responseTimeout: 60_000,
  bodyIdle: 60_000,
  connectTimeout: 5_000,
  headTimeout: 30_000,
  keepAlive: 75_000,
};
const usualTunnelIdle = 3_600_000;

/** The limits of a configuration: they are one for all sites, so the longest time of all counts. */
export function limitsOf(served: readonly Served[], work: Work): Limits {
  const blocks = served.flatMap(({ scope, locations }) => (locations.length > 0 ? locations : [scope]));
  const longest = new Map<TimeKey, number>();
  for (const { name, key, least, counted } of times) {
    for (const block of blocks) {
      const time = timeOf(block, name) ?? (counted ? least : null);
      if (time !== null) longest.set(key, Math.max(longest.get(key) ?? (counted ? 0 : least), time));
    }
  }
  const read = longest.get('responseTimeout') ?? 0;
  if (read > usual.bodyIdle) longest.set('bodyIdle', Math.max(longest.get('bodyIdle') ?? 0, read));
  judgeTimes(blocks, longest, work);
  const limits: Limits = {};
  for (const [key, time] of longest) if (time !== usual[key]) limits[key] = durationText(time);
  if (read > usualTunnelIdle) limits.tunnelIdle = durationText(read);
  const head = headBytes(served, work);
  if (head !== null) limits.headBytes = sizeText(head);
  const connections = connectionsPerAddress(blocks, work);
  if (connections > 0) limits.connectionsPerAddress = connections;
  return limits;
}

function timeOf(block: Scope, name: string): number | null {
  const time = parseTime(block.one(name)?.args[0] ?? '');
  if (time === null) return null;
  // In Sallyport 0 is no limit.
  return Math.max(1000, time);
}

function judgeTimes(blocks: readonly Scope[], longest: ReadonlyMap<TimeKey, number>, { ledger }: Work): void {
  for (const { name, key } of times) {
    for (const directive of new Set(blocks.flatMap((block) => block.one(name) ?? []))) {
      const time = parseTime(directive.args[0] ?? '');
      const limit = longest.get(key) ?? 0;
      const text = `limits: ${key}: ${durationText(limit)}`;
      if (time === null) ledger.judge(directive, 'refused', 'not a time');
      else if (Math.max(1000, time) === limit && time !== 0)
        ledger.judge(directive, 'carried', limit === usual[key] ? `as ${key} is anyway` : text);
      else ledger.judge(directive, 'approximated', `${text}, one for all sites`);
    }
  }
}

function headBytes(served: readonly Served[], { ledger }: Work): number | null {
  let most: number | null = null;
  for (const { scope } of served) {
    const directive = scope.one('large_client_header_buffers');
    if (directive === undefined) continue;
    const bytes = Number(directive.args[0]) * (parseSize(directive.args[1] ?? '') ?? Number.NaN);
    if (!Number.isSafeInteger(bytes)) ledger.judge(directive, 'refused', 'not a number and a size');
    else if (bytes <= 32 * 1024) ledger.judge(directive, 'carried', 'limits: headBytes is 32KiB anyway');
    else {
      most = Math.max(most ?? 0, Math.min(bytes, 2 ** 24));
      ledger.judge(directive, 'carried', `limits: headBytes: ${sizeText(most)}`);
    }
  }
  return most;
}

function connectionsPerAddress(blocks: readonly Scope[], { ledger, connectionZones }: Work): number {
  let most = 0;
  for (const directive of new Set(blocks.flatMap((block) => block.all('limit_conn')))) {
    const [zone = '', count = ''] = directive.args;
    const key = connectionZones.get(zone);
    if (!key || !/^\$(?:binary_)?remote_addr$/.test(key.args[0] ?? '') || !/^[1-9]\d{0,5}$/.test(count)) {
      ledger.judge(
        directive,
        'refused',
        'only connections of one address can be counted: limits: connectionsPerAddress',
      );
      continue;
    }
    most = Math.max(most, Number(count));
    ledger.judge(key, 'carried', 'limits: connectionsPerAddress');
    ledger.judge(directive, 'approximated', 'limits: connectionsPerAddress: counts connections, of all sites together');
  }
  return most;
}

/** Where the sites are listened on; undefined for ports 80 and 443. */
export function listenOf(
  served: readonly Served[],
  redirecting: readonly Listen[],
  needsHttp: boolean,
  trusted: readonly string[],
  work: Work,
): Config['listen'] {
  const all = [...served.flatMap(({ listens }) => listens), ...redirecting].filter(({ fault }) => fault === '');
  const https = addresses(
    all.filter(({ ssl }) => ssl),
    trusted,
    work,
  );
  const taken = new Set(all.filter(({ ssl }) => ssl).map(({ port }) => port));
  const http = addresses(
    all.filter(({ ssl, port }) => !ssl && !taken.has(port)),
    trusted,
    work,
  );
  const listen = {
    ...(http.length === 0 ? withoutHttp(needsHttp, taken) : !isSamePort(http, 80) && { http: single(http) }),
    ...(https.length === 0 ? { https: false as const } : !isSamePort(https, 443) && { https: single(https) }),
  };
  return Object.keys(listen).length > 0 ? listen : undefined;
}

/** What the HTTP port is where nginx had none that is left: a site or a CA may need one. */
function withoutHttp(needsHttp: boolean, taken: ReadonlySet<number>): { http?: number | false } {
  if (!needsHttp) return { http: false };
  return taken.has(80) ? { http: [8080, 8081, 8082].find((port) => !taken.has(port)) ?? 8083 } : {};
}

type Address = number | string | { address: number | string; proxyProtocol: true };

function isSamePort(list: readonly Address[], port: number): boolean {
  return list.length === 1 && list[0] === port;
}

function single(list: readonly Address[]): Address | Address[] {
  const [first, ...more] = list;
  return first !== undefined && more.length === 0 ? first : [...list];
}

function addresses(listens: readonly Listen[], trusted: readonly string[], { ledger }: Work): readonly Address[] {
  const found = new Map<string, Address>();
  for (const { directive, host, port, proxyProtocol, difference, ssl } of listens) {
    const isEverywhere = listens.some((other) => other.port === port && other.host === '');
    const name = isEverywhere || host === '' ? `:${port}` : `${bracketed(host)}:${port}`;
    const address = name.startsWith(':') ? port : name;
    const isProxied = listens.some((other) => other.port === port && other.proxyProtocol);
    const introduces = isProxied && trusted.length > 0;
    found.set(
      name,
      introduces ? { address: typeof address === 'number' ? name : address, proxyProtocol: true } : address,
    );
    const key = `listen: ${ssl ? 'https' : 'http'}: ${typeof address === 'number' ? address : `"${name}"`}`;
    if (difference !== '') ledger.judge(directive, 'approximated', difference);
    else if (isEverywhere && host !== '') ledger.judge(directive, 'approximated', `${key}, on every address`);
    else if (proxyProtocol && !introduces)
      ledger.judge(
        directive,
        'refused',
        `proxy_protocol from anybody: name the proxies in trustedProxies: and write {address: ":${port}", proxyProtocol: true}`,
      );
    else ledger.judge(directive, 'carried', port === (ssl ? 443 : 80) && host === '' ? '' : key);
  }
  return [...found.values()];
}

/** Networks whose forwarding fields are believed. */
export function trustedProxiesOf(scopes: readonly Scope[], { ledger }: Work): readonly string[] {
  const trusted = new Set<string>();
  for (const directive of new Set(scopes.flatMap((scope) => scope.all('set_real_ip_from')))) {
    const network = parseNetwork(directive.args[0] ?? '');
    if (network.faults) ledger.judge(directive, 'refused', 'not an address or network: see trustedProxies:');
    else {
      trusted.add(network.value.replace(/\/(?:32|128)$/, ''));
      ledger.judge(directive, 'carried', 'trustedProxies:');
    }
  }
  for (const directive of new Set(scopes.flatMap((scope) => scope.one('real_ip_header') ?? []))) {
    const isRead = /^(?:x-forwarded-for|proxy_protocol)$/i.test(directive.args[0] ?? '');
    ledger.judge(
      directive,
      isRead ? 'carried' : 'approximated',
      isRead ? '' : 'the address is read from X-Forwarded-For',
    );
  }
  for (const directive of new Set(scopes.flatMap((scope) => scope.one('real_ip_recursive') ?? []))) {
    const isOn = directive.args[0] === 'on';
    ledger.judge(
      directive,
      isOn ? 'carried' : 'approximated',
      isOn ? '' : 'the last address that is no trusted proxy counts',
    );
  }
  return [...trusted];
}
