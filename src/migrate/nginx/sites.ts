import type { Config } from '../../control/config/schema.ts';
import type { Served } from './globals.ts';
import { type Listen, listensOf } from './listen.ts';
import { type Location, locationsOf } from './location.ts';
import { namesOf } from './names.ts';
import type { Directive } from './parse.ts';
import { judgeConditions, planLocation, type RoutePlan, type ServerPlan } from './plan.ts';
import { isHttpsCondition, isToHttps, type Redirect, routeRedirect, wholeRedirect } from './redirects.ts';
import { responseChanges } from './response-headers.ts';
import { settleRoutes, siteKeys } from './routes.ts';
import type { Scope } from './scope.ts';
import type { SiteObject } from './shapes.ts';
import { clientCertificatesOf, tlsOf } from './tls.ts';
import type { Work } from './work.ts';

/** The sites of all servers. */
export interface BuiltSites {
  readonly sites: Config['sites'];
  readonly served: readonly Served[];
  /** Where servers listened that did nothing but redirect to HTTPS. */
  readonly redirecting: readonly Listen[];
  /** The HTTP port is needed even where nginx listened on none. */
  readonly needsHttp: boolean;
}

interface Server {
  readonly directive: Directive;
  readonly scope: Scope;
  readonly names: readonly string[];
  readonly catchAll: boolean;
  readonly listens: readonly Listen[];
  readonly isHttps: boolean;
  readonly redirect: Redirect | 'https' | null;
}

/** Makes a site of each server, HTTPS ones first: of a name that is served in both ways, Sallyport redirects the plain one. */
export function buildSites(blocks: readonly Scope[], work: Work): BuiltSites {
  const builder = new Builder(work);
  const servers = blocks.flatMap((block) => block.own('server').map((directive) => readServer(directive, block, work)));
  for (const server of servers) if (server.isHttps) builder.add(server);
  for (const server of servers) if (!server.isHttps) builder.add(server);
  return builder;
}

function readServer(directive: Directive, block: Scope, work: Work): Server {
  const scope = block.within(directive);
  const { names, catchAll } = namesOf(scope, work);
  const listens = listensOf(scope);
  for (const { directive: listen, fault } of listens) if (fault !== '') work.ledger.judge(listen, 'refused', fault);
  const isHttps = listens.some(({ ssl, fault }) => ssl && fault === '');
  return { directive, scope, names, catchAll, listens, isHttps, redirect: wholeRedirect(scope, names) };
}

class Builder implements BuiltSites {
  readonly sites: Config['sites'] = {};
  readonly served: Served[] = [];
  readonly redirecting: Listen[] = [];
  needsHttp = false;
  readonly #work: Work;
  /** The site of each name. */
  readonly #taken = new Map<string, string>();

  constructor(work: Work) {
    this.#work = work;
  }

  add(server: Server): void {
    const { ledger } = this.#work;
    const { directive, scope, redirect, isHttps } = server;
    ledger.judge(directive, 'carried');
    if (isDoorstep(scope)) return this.#doorstep(server);
    if (!isHttps && redirect !== null && this.#isByItself(server, redirect)) return this.#byItself(server);
    const named = this.#claim(server);
    if (named === null) return;
    if (redirect !== null && redirect !== 'https' && !isToHttps(redirect, named))
      this.#redirect(server, redirect, named);
    else this.#serve(server, named);
  }

  /** Redirects to HTTPS that Sallyport does by itself: of names that a site has, or of whatever name there is. */
  #isByItself({ names, catchAll }: Server, redirect: Redirect | 'https'): boolean {
    const toHttps =
      redirect === 'https' ||
      isToHttps(redirect, names) ||
      (catchAll && redirect.scheme === 'https' && redirect.keepsPath && redirect.host === null);
    if (toHttps) return catchAll || names.every((name) => this.#taken.has(name));
    // To another name of the site that has this one: Sallyport stays with the name that was asked.
    return (
      redirect.scheme === 'https' &&
      redirect.keepsPath &&
      redirect.path === '' &&
      names.length > 0 &&
      names.every((name) => this.#taken.has(name))
    );
  }

  #byItself({ directive, listens, redirect, catchAll, names, scope }: Server): void {
    const { ledger } = this.#work;
    this.redirecting.push(...listens);
    const place = listens.map((one) => one.directive);
    const note = 'Sallyport redirects port 80 to HTTPS by itself';
    for (const one of directive.block ?? []) {
      if (place.includes(one) || one.name === 'server_name') continue;
      ledger.judgeAll(one, 'carried', note);
    }
    ledger.judge(
      directive,
      catchAll ? 'approximated' : 'carried',
      catchAll ? 'the names of the sites are redirected; any other gets 404' : note,
    );
    if (redirect !== null && redirect !== 'https' && !isToHttps(redirect, names) && redirect.host !== null) {
      ledger.judge(redirect.directive, 'approximated', 'each name is redirected to itself by HTTPS');
    }
    for (const one of scope.own('server_name')) if (catchAll) ledger.judge(one, 'carried', 'unknown names get 404');
  }

  /** A server that turns unknown names away. */
  #doorstep({ directive, listens, names, isHttps }: Server): void {
    const { ledger } = this.#work;
    const note = isHttps ? 'an unknown name is refused in the handshake' : 'an unknown name gets 404';
    ledger.judgeAll(directive, 'carried', note);
    const isTaken = names.find((name) => this.#taken.has(name));
    if (isTaken !== undefined) ledger.judge(directive, 'approximated', `${isTaken} is served by its own site`);
    if (!isHttps) this.redirecting.push(...listens);
  }

  /** The names of a site to be; null when there are none, which is told. */
  #claim(server: Server): readonly string[] | null {
    const { directive, names, catchAll, isHttps } = server;
    const { ledger, nameless } = this.#work;
    const wanted = catchAll && nameless !== null ? [nameless] : names;
    const free = wanted.filter((name) => !this.#taken.has(name));
    if (free.length > 0) {
      this.#tellTaken(
        server,
        wanted.filter((name) => this.#taken.has(name)),
      );
      return free;
    }
    const site = this.#taken.get(wanted[0] ?? '');
    const why =
      site === undefined
        ? 'no name: write the public one in server_name, or give it with --name'
        : isHttps
          ? `its names belong to the site ${site} already`
          : `Sallyport redirects port 80 to HTTPS for the site ${site}; what this server did there is lost`;
    ledger.judgeAll(directive, 'refused', why);
    return null;
  }

  #tellTaken({ scope, isHttps }: Server, taken: readonly string[]): void {
    if (taken.length === 0) return;
    const why = isHttps ? 'left out: another site has it already' : 'the HTTP port redirects it to its HTTPS site';
    const verdict = isHttps ? 'refused' : 'approximated';
    for (const one of scope.own('server_name')) this.#work.ledger.judge(one, verdict, `${taken.join(', ')}: ${why}`);
  }

  #redirect(server: Server, redirect: Redirect, names: readonly string[]): void {
    const { ledger } = this.#work;
    const found = routeRedirect(redirect);
    if (found === null || (redirect.host !== null && names.includes(redirect.host)) || redirect.host === null) {
      ledger.judgeAll(
        server.directive,
        'refused',
        'a redirect that would lead to itself, or to no place that can be written',
      );
      return;
    }
    const { route, lost } = found;
    const cure = lost && `; to serve these names alike, write them under aliases of ${redirect.host}`;
    ledger.judge(
      redirect.directive,
      lost === '' ? 'carried' : 'approximated',
      `redirect: ${route.redirect}${lost && `; ${lost}`}${cure}`,
    );
    for (const location of locationsOf(server.scope))
      ledger.judge(location.directive, 'carried', 'everything is redirected');
    const { headers, hsts } = responseChanges(server.scope, server.isHttps, this.#work);
    const all = { ...headers, ...(hsts !== undefined && { hsts }) };
    const tls = this.#tlsOf(server, names);
    this.#put(
      server,
      names,
      { ...tls, routes: { '/': route }, ...(Object.keys(all).length > 0 && { headers: all }) },
      [],
    );
  }

  #serve(server: Server, names: readonly string[]): void {
    const { scope, directive, isHttps, listens } = server;
    const work = this.#work;
    const port = listens.find(({ ssl }) => ssl === isHttps)?.port ?? (isHttps ? 443 : 80);
    const tls = this.#tlsOf(server, names);
    const ordersCertificate = isHttps && tls.tls === undefined;
    const plan: ServerPlan = { directive, scope, names, isHttps, ordersCertificate, port };
    judgeConditions(scope, plan, work);
    const locations = locationsOf(scope);
    const plans = locations.flatMap((location) => planLocation(location, plan, work));
    const certificates = isHttps ? clientCertificatesOf(scope, work) : {};
    const routes = settleRoutes(certificates === 'closed' ? plans.map(shut) : plans, work);
    if (routes.size === 0) {
      work.ledger.judge(directive, 'refused', 'nothing in it leads to an app');
      return;
    }
    const demand = certificates === 'closed' ? {} : certificates;
    this.#put(server, names, { ...tls, ...siteKeys(routes), ...demand }, locationScopes(locations, routes));
  }

  #tlsOf({ isHttps, scope }: Server, names: readonly string[]): Pick<SiteObject, 'tls'> {
    return isHttps ? tlsOf(scope, names, this.#work) : { tls: 'off' };
  }

  #put(
    { scope, listens, isHttps }: Server,
    names: readonly string[],
    keys: SiteObject,
    locations: readonly Scope[],
  ): void {
    const [name = '', ...aliases] = names;
    if (keys.tls === undefined || keys.tls === 'off') this.needsHttp = true;
    this.sites[name] = { ...(aliases.length > 0 && { aliases }), ...keys };
    for (const one of names) this.#taken.set(one, name);
    this.served.push({ scope, listens, locations });
    for (const { directive, ssl, fault } of listens) {
      if (!isHttps || ssl || fault !== '') continue;
      const didSo = scope.own('if').some((one) => isHttpsCondition(one, scope, names));
      this.#work.ledger.judge(directive, didSo ? 'carried' : 'approximated', 'the HTTP port redirects to HTTPS');
    }
  }
}

/** Nobody passes. */
function shut(plan: RoutePlan): RoutePlan {
  const { allow: _, ...route } = plan.route;
  return { ...plan, route: { ...route, deny: ['all'] } };
}

function locationScopes(locations: readonly Location[], routes: ReadonlyMap<string, RoutePlan>): readonly Scope[] {
  const used = new Set([...routes.values()].map(({ location }) => location));
  return locations.filter((location) => used.has(location)).map(({ scope }) => scope);
}

/** Whether a server refuses whatever comes: for names that nobody has. */
function isDoorstep(scope: Scope): boolean {
  if (scope.own('ssl_reject_handshake')[0]?.args[0] === 'on') return true;
  const [answer] = scope.own('return');
  return (
    answer !== undefined &&
    ['444', '404', '403', '400', '410', '421'].includes(answer.args[0] ?? '') &&
    locationsOf(scope).length === 0 &&
    scope.own('if').length === 0
  );
}
