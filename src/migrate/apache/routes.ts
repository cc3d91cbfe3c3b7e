import { allRules, ruleFor } from './choose.ts';
import type { HostContext, HostRules } from './host.ts';
import { covers, isOwnPage, locationPath, samplePath } from './match.ts';
import { type RouteConfig, routeOf } from './route.ts';
import { type Rule, routePathOf } from './rules.ts';

/** The routes of a host, by path, and what should be said beside them. */
export interface RoutesResult {
  readonly routes: ReadonlyMap<string, RouteConfig>;
  /** By path. */
  readonly comments: ReadonlyMap<string, string>;
}

/**
 * Asks Apache's rules what becomes of requests at every path where that could change, and makes a route of each answer that
 * differs from the one of the route around it. What cannot be carried is closed where a wider route would take it.
 */
export function routesOf(rules: HostRules, host: HostContext): RoutesResult {
  const routes = new Map<string, RouteConfig>();
  const comments = new Map<string, string>();
  const used = new Set<Rule>();
  const by = new Map<string, Rule>();
  for (const path of turningPoints(rules, host)) {
    const sample = samplePath(path);
    const rule = ruleFor(sample, rules);
    if (rule) used.add(rule);
    const around = routeAround(path, routes);
    const route = rule && routeOf(path, sample, rule, host);
    if (route && rule) {
      if (around && !route.stripPrefix && JSON.stringify(around) === JSON.stringify(route)) continue;
      if (route.app && [...by.values()].includes(rule))
        host.ledger.approximated(rule.by, `started once more for ${path}, which has rules of its own`);
      routes.set(path, route);
      by.set(path, rule);
    } else if (around && (around.to ?? around.app) && !around.deny?.includes('all')) {
      routes.set(path, { ...closed(around), deny: ['all'] });
      comments.set(path, reason(rule, host));
    }
  }
  judgeRest(rules, used, routes, host);
  for (const path of circles(routes)) {
    routes.delete(path);
    const rule = by.get(path);
    if (rule) host.ledger.refused(rule.by, 'a redirect that leads to itself');
  }
  return { routes, comments };
}

/** Paths whose redirect leads to the same route again. */
function circles(routes: ReadonlyMap<string, RouteConfig>): string[] {
  return [...routes.keys()].filter((path) => {
    const to = routes.get(path)?.redirect?.replace(/[?#].*$/s, '') ?? '';
    if (!to.startsWith('/')) return false;
    const taking = [...routes.keys()].filter((other) => other === '/' || covers(other, to));
    return taking.sort((a, b) => b.length - a.length)[0] === path;
  });
}

/** Something to lead to that nobody is let through to: a route always leads somewhere. */
function closed({ to, redirect }: RouteConfig): RouteConfig {
  const first = Array.isArray(to) ? to[0] : to;
  const target = typeof first === 'object' ? first.url : first;
  // An app would be started once more for it.
  return target === undefined ? { redirect: redirect ?? '/' } : { to: target };
}

function reason(rule: Rule | null, { ledger }: HostContext): string {
  if (rule === null) return 'Apache answered these requests from files: closed here.';
  if (!ledger.has(rule.by) && rule.by.key === 'rewriterule') ledger.carried(rule.by, '403, by deny: [all]');
  if (!ledger.has(rule.by))
    ledger.approximated(rule.by, `${rule.path} is closed (403): Apache looked for a file there`);
  const { verdict, note } = ledger.verdictOf(rule.by);
  return verdict === 'refused' ? `Closed: ${note}.` : 'Closed, as it was kept from the app.';
}

/** Paths where another rule or section begins to hold, the widest first. */
function turningPoints(rules: HostRules, { scopes }: HostContext): string[] {
  const paths = new Set<string>();
  const add = (written: string | null): void => {
    const path = written === null ? null : routePathOf(written);
    if (path !== null) paths.add(path);
  };
  for (const rule of allRules(rules))
    if (!rule.webSocket || rule.section || rule.by.key === 'proxypass') add(rule.path);
  for (const { sections } of scopes)
    for (const section of sections) if (section.kind === 'location' && !isOwnPage(section)) add(locationPath(section));
  return [...paths].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
}

function routeAround(path: string, routes: ReadonlyMap<string, RouteConfig>): RouteConfig | null {
  let longest: string | null = null;
  for (const other of routes.keys()) {
    const isAround = other !== path && (other === '/' || covers(other, path));
    if (isAround && (longest === null || other.length > longest.length)) longest = other;
  }
  return longest === null ? null : (routes.get(longest) ?? null);
}

/** Rules that no path led to, and those about WebSockets alone. */
function judgeRest(
  rules: HostRules,
  used: ReadonlySet<Rule>,
  routes: Map<string, RouteConfig>,
  host: HostContext,
): void {
  const { ledger } = host;
  for (const rule of allRules(rules)) {
    if (rule.fallback && used.has(rule))
      ledger.approximated(rule.by, 'every path without a route of its own leads there too');
    else if (rule.fallback)
      ledger.refused(rule.by, 'a redirect for / alone would take every path: let the app answer /');
    else if (rule.webSocket && !used.has(rule)) judgeWebSocket(rule, rules, routes, host);
    else if (!used.has(rule) && rule.action.kind === 'excluded') ledger.carried(rule.by);
    else if (!used.has(rule)) {
      const winner = ruleFor(samplePath(routePathOf(rule.path) ?? '/'), rules);
      const line = winner ? `: line ${winner.by.at.line} takes ${rule.path} first` : '';
      ledger.override(rule.by, 'carried', `never in force${line}`);
    } else if ((rule.action.kind === 'closed' || rule.action.kind === 'excluded') && !ledger.has(rule.by))
      ledger.carried(rule.by);
  }
}

const byItself = 'WebSockets need no rule: they go where the other requests of their path go';

function judgeWebSocket(rule: Rule, rules: HostRules, routes: Map<string, RouteConfig>, host: HostContext): void {
  const { ledger } = host;
  if (rule.action.kind !== 'proxy') return;
  const path = routePathOf(rule.path) ?? '/';
  const other = ruleFor(samplePath(path), rules);
  const own = routeOf(path, samplePath(path), { ...rule, webSocket: false }, { ...host, ledger });
  const there = routes.get(path) ?? routeAround(path, routes);
  const sameTarget = own !== null && there !== null && JSON.stringify(there.to) === JSON.stringify(own.to);
  if (sameTarget) ledger.override(rule.by, 'carried', byItself);
  else if (own && (other === null || routePathOf(other.path) !== path)) {
    routes.set(path, own);
    if (there) ledger.approximated(rule.by, `every request for ${path} goes there, not only WebSockets`);
  } else if (own) {
    ledger.override(
      rule.by,
      'refused',
      `${byItself}: give those for another port a path of their own, as in routes: {/ws: …}`,
    );
  }
}
