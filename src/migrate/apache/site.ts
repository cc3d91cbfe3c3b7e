import { normaliseHost, normaliseHostPattern, splitHostPort } from '../../model/host.ts';
import type { GroupConfig } from './groups.ts';
import type { Ledger } from './ledger.ts';
import type { RouteConfig } from './route.ts';
import type { RoutesResult } from './routes.ts';
import type { Scope } from './scopes.ts';
import { shareHeaders } from './share-headers.ts';
import type { TlsConfig } from './tls.ts';
import type { AppConfig } from './wsgi.ts';

/** A site of `sallyport.yaml`. */
export interface SiteConfig extends Omit<TlsConfig, 'tls'> {
  aliases?: string[];
  tls?: TlsConfig['tls'] | 'off' | 'internal';
  to?: GroupConfig['to'];
  balance?: GroupConfig['balance'];
  health?: GroupConfig['health'];
  app?: AppConfig;
  routes?: Record<string, RouteConfig | string>;
  headers?: RouteConfig['headers'];
  auth?: RouteConfig['auth'];
  allow?: readonly string[];
  deny?: readonly string[];
}

/** The names of a host: its ServerName, or the server's, then its aliases. Judges what can be none. */
export function namesOf(scope: Scope, server: Scope, ledger: Ledger): string[] {
  const names: string[] = [];
  const own = scope.plain.filter((one) => one.key === 'servername').at(-1);
  const inherited = scope === server ? undefined : server.plain.filter((one) => one.key === 'servername').at(-1);
  for (const one of scope.plain.filter(({ key }) => key === 'servername')) {
    const written = (one.words[0] ?? '').replace(/^[a-z]+:\/\//i, '').replace(/\/$/, '');
    const name = normaliseHost(splitHostPort(written)?.host ?? written);
    if (name === null) ledger.refused(one, 'not a host name');
    else ledger.carried(one, one === own ? '' : 'another ServerName follows');
    if (name !== null && one === own) names.push(name);
  }
  for (const one of scope.plain.filter(({ key }) => key === 'serveralias')) {
    ledger.carried(one);
    for (const word of one.words) {
      const name = normaliseHostPattern(word);
      if (name === null)
        ledger.approximated(
          one,
          `${word} is no name of a site: a wildcard is the whole first label, as in "*.example.org"`,
        );
      else if (!names.includes(name)) names.push(name);
      if (name?.startsWith('*.')) ledger.approximated(one, `${name} stands for one label here`);
    }
  }
  if (own === undefined && inherited && names.length === 0) return namesOf(server, server, ledger).slice(0, 1);
  return names;
}

/** A site of its routes: one route for everything becomes the site itself, and what all routes say alike is said once. */
export function siteOf({ routes }: RoutesResult, tls: TlsConfig | 'off'): SiteConfig {
  const site: SiteConfig = tls === 'off' ? { tls: 'off' } : { ...tls };
  const all = [...routes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, route]): [string, RouteConfig] => [path, { ...route }]);
  for (const key of ['headers', 'auth', 'allow', 'deny'] as const) hoist(key, all, site);
  const [only] = all;
  if (
    all.length === 1 &&
    only?.[0] === '/' &&
    !only[1].redirect &&
    !only[1].clientCertificates &&
    !only[1].stripPrefix
  ) {
    const { clientCertificates: _, ...rest } = only[1];
    return { ...site, ...rest };
  }
  return { ...site, routes: Object.fromEntries(all.map(([path, route]) => [path, inShort(route)])) };
}

/** A route that is nothing but its target. */
function inShort(route: RouteConfig): RouteConfig | string {
  return Object.keys(route).length === 1 && typeof route.to === 'string' ? route.to : route;
}

/** What all routes say alike is said once, by the site. */
function hoist(
  key: 'headers' | 'auth' | 'allow' | 'deny',
  all: readonly [string, RouteConfig][],
  site: SiteConfig,
): void {
  if (key === 'headers') return hoistHeaders(all, site);
  const first = all[0]?.[1][key];
  if (first === undefined || !all.every(([, route]) => JSON.stringify(route[key]) === JSON.stringify(first))) return;
  Object.assign(site, { [key]: first });
  for (const [, route] of all) delete route[key];
}

function hoistHeaders(all: readonly [string, RouteConfig][], site: SiteConfig): void {
  const { common, rest } = shareHeaders(all.map(([, { headers }]) => headers));
  if (common !== undefined) site.headers = common;
  for (const [index, [, route]] of all.entries()) {
    const own = rest[index];
    if (own === undefined) delete route.headers;
    else route.headers = own;
  }
}
