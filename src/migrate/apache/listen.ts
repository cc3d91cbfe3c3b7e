import { isAddress, normaliseHost, splitHostPort } from '../../model/host.ts';
import type { Directive } from './directive.ts';
import type { Ledger } from './ledger.ts';

type Address = number | string | { address: number | string; proxyProtocol: true };

/** `listen` of `sallyport.yaml`. */
export interface ListenConfig {
  http?: Address | Address[] | false;
  https?: Address | Address[] | false;
}

/** An address of a `<VirtualHost>` or of `Listen`: '' as its host is every address; null when it has no port that is known. */
interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Reads `*:443`, `_default_:443`, `[::1]:443`, `443`; null for names and for what has no port. */
export function readAddress(text: string): HostPort | null {
  const bare = /^\d{1,5}$/.test(text)
    ? { host: '', port: text }
    : splitHostPort(text.replace(/^(?:\*|_default_)(?=:)/i, ''));
  const port = Number(bare?.port);
  if (!bare?.port || !Number.isInteger(port) || port < 1 || port > 65_535) return null;
  if (bare.host === '') return { host: '', port };
  const host = normaliseHost(bare.host);
  return host === null || !isAddress(host) ? { host: '', port } : { host, port };
}

/** Which scheme a port is for, as its hosts are. */
export interface Served {
  readonly address: string;
  readonly secure: boolean;
}

/** Where to listen: the ports of the hosts, on the addresses that `Listen` names. Absent keys are the usual 80 and 443. */
export function listenOf(
  listens: readonly Directive[],
  served: readonly Served[],
  proxyProtocol: boolean,
  ledger: Ledger,
): ListenConfig {
  const hosted = new Set(served.map(({ address }) => readAddress(address)?.port));
  const securePorts = new Set(served.filter(({ secure }) => secure).map(({ address }) => readAddress(address)?.port));
  const places: HostPort[] = [];
  for (const one of listens) {
    const read = readAddress(one.words[0] ?? '');
    if (read === null) {
      ledger.refused(one, 'not an address to listen on');
      continue;
    }
    const isHttps = !hosted.has(read.port) && (one.words[1]?.toLowerCase() === 'https' || read.port === 443);
    if (isHttps) securePorts.add(read.port);
    ledger.carried(one, hosted.has(read.port) ? '' : `listen: ${isHttps ? 'https' : 'http'}`);
    places.push(read);
  }
  if (places.length === 0)
    places.push(...served.map(({ address }) => readAddress(address)).filter((read) => read !== null));
  const isSecure = ({ port }: HostPort): boolean => securePorts.has(port);
  const http = written(
    places.filter((place) => !isSecure(place)),
    80,
    proxyProtocol,
  );
  const https = written(places.filter(isSecure), 443, proxyProtocol);
  // The usual port of the one may be taken by the other.
  const taken = (port: number, by: boolean): boolean =>
    places.some((place) => place.port === port && isSecure(place) === by);
  return {
    ...(http !== undefined ? { http } : taken(80, true) && { http: false as const }),
    ...(https !== undefined ? { https } : taken(443, false) && { https: false as const }),
  };
}

function written(places: readonly HostPort[], usual: number, proxyProtocol: boolean): Address | Address[] | undefined {
  const everywhere = new Set(places.filter(({ host }) => host === '').map(({ port }) => port));
  const all = new Set<number | string>();
  for (const { host, port } of places) {
    if (host === '') all.add(port);
    else if (!everywhere.has(port)) all.add(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
  }
  if (all.size === 0 || (all.size === 1 && all.has(usual) && !proxyProtocol)) return undefined;
  const list = [...all].map((address): Address => (proxyProtocol ? { address, proxyProtocol } : address));
  return list.length === 1 ? list[0] : list;
}
