import type { Verdict } from '../verdict.ts';
import type { RoutePlan } from './plan.ts';
import { isSame, type RouteObject, type SiteObject } from './shapes.ts';
import type { Work } from './work.ts';

/** Where one path has several locations, the one that says most about the paths below it is the route. */
const rank = { prefix: 0, exact: 1, regex: 2, named: 3 } as const;

/** The plans that become routes, by path, with what differs from nginx's way of choosing told. */
export function settleRoutes(plans: readonly RoutePlan[], work: Work): ReadonlyMap<string, RoutePlan> {
  const routes = new Map<string, RoutePlan>();
  const order = plans.toSorted((a, b) => rank[a.location.kind] - rank[b.location.kind]);
  for (const plan of withTargets(order, work)) {
    const { ledger } = work;
    const { directive, kind } = plan.location;
    const first = routes.get(plan.path);
    const isRootAlone = kind === 'exact' && plan.path === '/' && first === undefined;
    if (isRootAlone) ledger.judge(directive, 'refused', 'a route for / takes every path; let the app answer / itself');
    else if (first === undefined) routes.set(plan.path, plan);
    else if (isSame(first.route, plan.route)) ledger.judge(directive, 'carried', `routes: ${plan.path}`);
    else {
      const isSlash = kind === 'exact' && plan.route.redirect === `${plan.path}/`;
      ledger.judge(directive, isSlash ? 'approximated' : 'refused', `${plan.path} is led by another location here`);
    }
  }
  for (const plan of [...routes.values()]) if (leadsToItself(plan, routes)) dropLoop(plan, routes, work);
  for (const plan of routes.values()) tellDifference(plan, routes, work);
  return routes;
}

/** Routes that let nobody pass get the target of the others, for a route has to lead somewhere. */
function withTargets(plans: readonly RoutePlan[], { ledger }: Work): readonly RoutePlan[] {
  const main = plans.find(({ path, isShut }) => path === '/' && !isShut) ?? plans.find(({ isShut }) => !isShut);
  return plans.flatMap((plan) => {
    if (!plan.isShut) return [plan];
    const { to, redirect } = main?.route ?? {};
    if (to !== undefined) return [{ ...plan, route: { to, ...plan.route } }];
    if (redirect !== undefined) return [{ ...plan, route: { redirect, ...plan.route } }];
    ledger.judge(plan.location.directive, 'approximated', 'no route leads there: 404');
    return [];
  });
}

function leadsToItself({ path, route }: RoutePlan, routes: ReadonlyMap<string, RoutePlan>): boolean {
  if (!route.redirect?.startsWith('/')) return false;
  return routeOf(route.redirect.replace(/[?#].*$/s, ''), routes)?.path === path;
}

function dropLoop({ path, location, route }: RoutePlan, routes: Map<string, RoutePlan>, { ledger }: Work): void {
  routes.delete(path);
  const isSlash = route.redirect === `${path}/` && routes.size > 0;
  const why = 'a route takes the paths below it too, so the redirect would lead to itself';
  ledger.judge(
    location.directive,
    isSlash ? 'approximated' : 'refused',
    isSlash ? `${path} goes where the rest goes` : why,
  );
}

/** The route that a path takes. */
function routeOf(path: string, routes: ReadonlyMap<string, RoutePlan>): RoutePlan | undefined {
  const fits = [...routes.values()].filter(
    (one) => one.path === '/' || path === one.path || path.startsWith(`${one.path}/`),
  );
  return fits.sort((a, b) => b.path.length - a.path.length)[0];
}

/** nginx compares characters, Sallyport whole segments. */
function tellDifference(plan: RoutePlan, routes: ReadonlyMap<string, RoutePlan>, { ledger }: Work): void {
  const { path, location, route } = plan;
  if (path === '/' || location.kind === 'regex') return;
  const parent = routeOf(path.slice(0, path.lastIndexOf('/')) || '/', routes);
  const isNoMatter = parent !== undefined && parent !== plan && isSame(parent.route, route) && !route.stripPrefix;
  const say = (verdict: Verdict, note: string): void => ledger.judge(location.directive, verdict, note);
  if (location.kind === 'exact') {
    if (!isNoMatter) say('approximated', `${path}/… goes there too, not ${path} alone`);
  } else if (!location.path.endsWith('/')) {
    if (!isNoMatter) say('approximated', `${path} and ${path}/…, but not ${path}more`);
  } else if (route.to !== undefined && !route.deny?.includes('all')) {
    say('approximated', `${path} itself goes to the app; nginx redirected it to ${path}/`);
  }
}

const shared = ['auth', 'rateLimit', 'forwardAuth'] as const;

/** The keys of a site for its routes: what all routes say alike, the site says. */
export function siteKeys(plans: ReadonlyMap<string, RoutePlan>): SiteObject {
  const routes = [...plans.values()].map(({ path, route }): [string, RouteObject] => [path, { ...route }]);
  const site: SiteObject = {};
  const [first] = routes;
  const isAlike = (pick: (route: RouteObject) => unknown) =>
    routes.every(([, route]) => isSame(pick(route), pick(first?.[1] ?? {})));
  for (const key of shared) {
    if (first?.[1][key] === undefined || !isAlike((route) => route[key])) continue;
    Object.assign(site, { [key]: first[1][key] });
    for (const [, route] of routes) delete route[key];
  }
  if ((first?.[1].allow ?? first?.[1].deny) && isAlike(({ allow, deny }) => [allow, deny])) {
    const { allow, deny } = first?.[1] ?? {};
    Object.assign(site, { ...(allow && { allow }), ...(deny && { deny }) });
    for (const [, route] of routes) {
      delete route.allow;
      delete route.deny;
    }
  }
  const hsts = [...plans.values()].find((plan) => plan.hsts !== undefined)?.hsts;
  const headers = first?.[1].headers !== undefined && isAlike((route) => route.headers) ? first[1].headers : {};
  if (Object.keys(headers).length > 0) for (const [, route] of routes) delete route.headers;
  const all = { ...headers, ...(hsts !== undefined && { hsts }) };
  if (Object.keys(all).length > 0) site.headers = all;
  return { ...site, ...leads(routes) };
}

/** A single target for everything stands in the site itself. */
function leads(routes: readonly (readonly [string, RouteObject])[]): SiteObject {
  const [only, ...more] = routes;
  if (only && more.length === 0 && only[0] === '/' && only[1].redirect === undefined) {
    const { to, balance, health, ...rest } = only[1];
    const group = { ...(to !== undefined && { to }), ...(balance && { balance }), ...(health && { health }) };
    if (Object.keys(rest).length === 0) return group;
  }
  return { routes: Object.fromEntries(routes.map(([path, route]) => [path, shortest(route)])) };
}

function shortest(route: RouteObject): NonNullable<SiteObject['routes']>[string] {
  const { to, ...rest } = route;
  return Object.keys(rest).length === 0 && (typeof to === 'string' || typeof to === 'number') ? to : route;
}
