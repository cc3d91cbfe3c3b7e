import { normaliseHost, wildcardOf } from '../../model/host.ts';
import type { Route, Site } from '../../model/site.ts';
import { type CompiledChanges, compileChanges } from '../filter/header-changes.ts';
import type { RequestRewrite } from '../filter/request-fields.ts';
import { compileSafeFields, type SafeField } from '../filter/safe-fields.ts';
import { compileGuards } from '../guard/compile-guards.ts';
import type { Guard } from '../guard/guard.ts';
import type { GuardHome } from '../guard/guard-home.ts';
import { isUnder } from '../path-prefix.ts';
import type { Balancer } from '../upstream/balancer.ts';
import { PathZones } from './path-zones.ts';

/** A route, with everything an exchange needs worked out beforehand. */
export interface CompiledRoute {
  readonly route: Route;
  /** The path without its final slash: `/api/` and `/api` are one route; '' matches everything. */
  readonly prefix: string;
  /** Finds the target of each request; null for a redirect. */
  readonly balancer: Balancer | null;
  /** Asked in this order before anything is sent to the app or answered with a redirect. */
  readonly guards: readonly Guard[];
  readonly request: RequestRewrite;
  /** null when there is nothing to change, which is what the hot path asks first. */
  readonly responseChanges: CompiledChanges | null;
  readonly safeFields: readonly SafeField[];
  /** The app's cookies are marked Secure over TLS. */
  readonly secureCookies: boolean;
}

export interface CompiledSite {
  readonly site: Site;
  readonly secure: boolean;
  /** A complete field line for answers of the gate's own over TLS; ''. */
  readonly hstsLine: string;
  /** Longest prefix first. */
  readonly routes: readonly CompiledRoute[];
  /** null when one route without exceptions takes every path, so that nothing hangs on how a path is read. */
  readonly zones: PathZones | null;
}

/** Where the balancers of routes are found. */
interface BalancerSource {
  /** Of the route with this path of the site with this first name. */
  balancerOf(site: string, path: string): Balancer | null;
}

/** Finds site and route of a request. Never changed once made; a reload makes a new one. */
export class RoutingTable {
  readonly #sites = new Map<string, CompiledSite>();

  constructor(sites: readonly Site[], home: GuardHome, upstreams: BalancerSource) {
    for (const site of sites) {
      const compiled = compileSite(site, home, upstreams);
      for (const name of site.names) this.#sites.set(name, compiled);
    }
  }

  /** The site for a Host field's host: exact name first, then the wildcard that covers it. */
  findSite(host: string): CompiledSite | undefined {
    const exact = this.#sites.get(host);
    if (exact) return exact;
    const name = normaliseHost(host);
    if (name === null) return undefined;
    const wildcard = wildcardOf(name);
    return this.#sites.get(name) ?? (wildcard === null ? undefined : this.#sites.get(wildcard));
  }
}

function compileSite(site: Site, home: GuardHome, upstreams: BalancerSource): CompiledSite {
  const routes = site.routes
    .map((route) => compileRoute(site, route, home, upstreams))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  const hstsLine = site.hsts ? `Strict-Transport-Security: ${site.hsts}\r\n` : '';
  return { site, secure: site.tls.mode !== 'off', hstsLine, routes, zones: zonesOf(routes) };
}

function zonesOf(routes: readonly CompiledRoute[]): PathZones | null {
  const rules = routes.flatMap(({ prefix, guards }) => {
    const exceptions = guards.flatMap((guard) => guard.exceptions ?? []);
    return [
      { prefix, guarded: guards.some(({ open }) => open !== true) },
      ...exceptions.map((path) => ({ prefix: path.replace(/\/+$/, ''), guarded: false })),
    ];
  });
  return rules.every(({ prefix }) => prefix === '') ? null : new PathZones(rules);
}

function compileRoute(site: Site, route: Route, home: GuardHome, upstreams: BalancerSource): CompiledRoute {
  const { action, headers } = route;
  const prefix = route.path.replace(/\/+$/, '');
  const strippedPrefix = action.kind === 'proxy' && action.stripPrefix ? prefix : '';
  const guards = compileGuards(site, route, home);
  const owned = guards.flatMap(({ ownedFields }) => ownedFields);
  return {
    route,
    prefix,
    balancer: action.kind === 'proxy' ? upstreams.balancerOf(site.name, route.path) : null,
    guards,
    request: { strippedPrefix, changes: compileChanges(headers.request, owned) },
    responseChanges: compileChanges(headers.response),
    safeFields: compileSafeFields(route.safeHeaders, site.hsts ?? '', headers.response),
    secureCookies: route.safeHeaders?.secureCookies ?? false,
  };
}

/** The route with the longest prefix that ends at a path segment's end; undefined when none matches. */
export function findRoute(site: CompiledSite, path: string): CompiledRoute | undefined {
  return site.routes.find(({ prefix }) => isUnder(path, prefix));
}
