import { parseRoutePath } from '../../control/config/route-path.ts';
import { filesCure } from './catalogue.ts';
import { isAuthLocation } from './forward-auth.ts';
import { demandsCertificate, type Guards, guardsOf } from './guards.ts';
import { type Location, locationsOf, prefixesOf } from './location.ts';
import type { Directive } from './parse.ts';
import { type Passed, passOf } from './proxy.ts';
import { isChallengePath, isHttpsCondition, redirectOf, routeRedirect } from './redirects.ts';
import { requestChanges } from './request-headers.ts';
import { responseChanges } from './response-headers.ts';
import type { Scope } from './scope.ts';
import type { RouteObject, SiteHeaders } from './shapes.ts';
import type { Work } from './work.ts';

/** A server on its way to a site. */
export interface ServerPlan {
  readonly directive: Directive;
  readonly scope: Scope;
  readonly names: readonly string[];
  readonly isHttps: boolean;
  /** Its certificate is got by Sallyport. */
  readonly ordersCertificate: boolean;
  readonly port: number;
}

/** One route of the site to be. */
export interface RoutePlan {
  readonly path: string;
  readonly location: Location;
  readonly route: RouteObject;
  readonly hsts?: SiteHeaders['hsts'];
  /** Nobody passes; it has no target of its own. */
  readonly isShut: boolean;
}

/** The routes that a location becomes; none when it is refused or needs none. */
export function planLocation(location: Location, server: ServerPlan, work: Work): readonly RoutePlan[] {
  const { ledger } = work;
  const { directive, scope, kind } = location;
  if (kind === 'named' || isAuthLocation(location, server.scope)) return [];
  if (isChallengePath(location.path)) return challenge(location, server, work);
  if (scope.own('internal').length > 0) return refuse(location, 'internal: only nginx leads there; no app can', work);
  const paths = pathsOf(location);
  if (paths === null) {
    const faulty = kind === 'regex' ? 'a pattern of paths' : 'a path that no route can have';
    return refuse(
      location,
      `${faulty}: write routes with the beginnings of the paths; until then the route above it takes them`,
      work,
    );
  }
  const action = actionOf(location, server, work);
  if (action === null) return [];
  ledger.judge(directive, 'carried', kind === 'regex' ? `routes: ${paths.join(', ')}` : '');
  if (kind === 'regex')
    ledger.judge(directive, 'approximated', `routes: ${paths.join(', ')}; paths are compared letter by letter`);
  return paths.map((path) => ({ path, location, ...action }));
}

type Action = Omit<RoutePlan, 'path' | 'location'>;

function actionOf(location: Location, server: ServerPlan, work: Work): Action | null {
  const { scope } = location;
  judgeConditions(scope, server, work);
  for (const directive of scope.directives) {
    if (directive.name !== 'return' && directive.name !== 'rewrite') continue;
    const redirect = redirectOf(directive, scope);
    if (redirect) return redirectAction(directive, location, server, work);
    if (directive.name === 'return') return answered(directive, location, work);
  }
  const [pass] = [...scope.own('proxy_pass'), ...scope.own('grpc_pass')];
  if (pass) return passAction(pass, location, scope, server, work);
  const fallback = namedFallback(location, server, work);
  if (fallback) return fallback;
  const other = scope.directives.find(({ name }) => /^(?:fastcgi|uwsgi|scgi|memcached)_pass$/.test(name));
  if (other) {
    work.ledger.judge(other, 'refused', otherProtocol(other));
    refuse(location, 'its app does not speak HTTP', work);
    return null;
  }
  const guards = guardsOf(scope, server.scope, work);
  const shut = guards.keys.deny?.includes('all') && guards.keys.allow === undefined;
  if (shut) return { route: { deny: ['all'] }, isShut: true };
  if (scope.own('location').length > 0) work.ledger.judge(location.directive, 'carried');
  else {
    const isRewritten = scope.own('rewrite').length > 0;
    refuse(location, isRewritten ? 'rewritten to other paths: let the app answer them' : `files: ${filesCure}`, work);
  }
  return null;
}

function otherProtocol({ name, args }: Directive): string {
  if (name === 'uwsgi_pass')
    return 'write app: { wsgi: module:callable }, or let uWSGI listen with http-socket and write to: PORT';
  if (name === 'fastcgi_pass') return 'FastCGI (PHP): keep nginx for it on a port of 127.0.0.1 and write to: PORT';
  return `${name} ${args.join(' ')}: put a server that speaks HTTP before it and write to: PORT`;
}

function passAction(pass: Directive, location: Location, scope: Scope, server: ServerPlan, work: Work): Action | null {
  const passed = passOf(pass, location, scope, work);
  if (passed === null) {
    refuse(location, 'its target could not be carried', work);
    return null;
  }
  const guards = guardsOf(scope, server.scope, work);
  if (guards.closed) tellClosed(location, server, work);
  const strips = passed.stripPrefix || stripsByRewrite(location, scope, work);
  return { ...proxied(passed, strips, guards, scope, server, work), isShut: false };
}

function proxied(
  passed: Passed,
  strips: boolean,
  guards: Guards,
  scope: Scope,
  server: ServerPlan,
  work: Work,
): Pick<Action, 'route' | 'hsts'> {
  const { isHttps, port } = server;
  const setting = { proxyHost: passed.host, isHttps, port, answered: guards.answered };
  const request = requestChanges(scope, setting, work);
  const { headers, hsts } = responseChanges(scope, isHttps, work);
  const all = { ...(request && { request }), ...headers };
  const hasHeaders = Object.keys(all).length > 0;
  const route = {
    ...passed.group,
    ...(strips && { stripPrefix: true }),
    ...guards.keys,
    ...(hasHeaders && { headers: all }),
  };
  return { route, ...(hsts !== undefined && { hsts }) };
}

/** Says beside a route that nobody passes it, and where to look. */
function tellClosed({ directive, path }: Location, { names: [name = ''] }: ServerPlan, work: Work): void {
  const text = `LOOK: a guard (${directive.at.file}:${directive.at.line}) could not be carried, so nobody passes.`;
  const short = path.length > 1 ? path.replace(/\/$/, '') : path;
  work.comments.push({ path: ['sites', name, 'routes', short], text });
}

/** `rewrite ^/api/(.*)$ /$1 break;` takes the path of the location away. */
function stripsByRewrite({ path, kind }: Location, scope: Scope, { ledger }: Work): boolean {
  const [rewrite, ...more] = scope.own('rewrite');
  if (rewrite === undefined || more.length > 0 || kind === 'regex') return false;
  const [pattern = '', to = '', flag = ''] = rewrite.args;
  const base = path.replace(/\/$/, '');
  const plain = pattern.replaceAll('\\', '').replace(/^\^/, '').replace(/\$$/, '');
  const forms = ['/(.*)', '/?(.*)', '(/.*)', '/(.+)', '(.*)', '(/.*)?'].map((form) => base + form);
  if (base === '' || flag !== 'break' || !forms.includes(plain) || !/^\/?\$1\??$/.test(to)) return false;
  ledger.judge(rewrite, 'carried', 'stripPrefix: true');
  return true;
}

function redirectAction(directive: Directive, location: Location, server: ServerPlan, work: Work): Action | null {
  const redirect = redirectOf(directive, location.scope);
  const found = redirect && routeRedirect(redirect);
  if (!found) {
    work.ledger.judge(directive, 'refused', 'a place that no route can redirect to');
    refuse(location, 'its redirect could not be carried', work);
    return null;
  }
  const { route, lost } = found;
  work.ledger.judge(
    directive,
    lost === '' ? 'carried' : 'approximated',
    `redirect: ${route.redirect}${lost && `; ${lost}`}`,
  );
  const { headers, hsts } = responseChanges(location.scope, server.isHttps, work);
  const hasHeaders = Object.keys(headers).length > 0;
  return { route: { ...route, ...(hasHeaders && { headers }) }, ...(hsts !== undefined && { hsts }), isShut: false };
}

/** An answer of nginx's own. */
function answered(directive: Directive, location: Location, work: Work): Action | null {
  const code = directive.args[0] ?? '';
  if (['403', '404', '410', '444', '401'].includes(code)) {
    const exact = code === '403' ? 'carried' : 'approximated';
    work.ledger.judge(directive, exact, code === '403' ? 'deny: [all]' : 'deny: [all], which answers with 403');
    return { route: { deny: ['all'] }, isShut: true };
  }
  work.ledger.judge(directive, 'refused', 'an answer of nginx itself: let the app give it');
  refuse(location, 'its answer cannot be carried', work);
  return null;
}

/** `try_files … @app`: what is no file goes to the app. */
function namedFallback(location: Location, server: ServerPlan, work: Work): Action | null {
  const [tryFiles] = location.scope.own('try_files');
  const name = tryFiles?.args.at(-1) ?? '';
  const named = locationsOf(server.scope).find((one) => one.kind === 'named' && one.path === name);
  const pass = named?.scope.own('proxy_pass')[0];
  if (tryFiles === undefined || named === undefined || pass === undefined) return null;
  work.ledger.judge(tryFiles, 'approximated', `everything goes to the app; files: ${filesCure}`);
  work.ledger.judge(named.directive, 'carried', `route of ${location.path}`);
  return passAction(pass, named, named.scope, server, work);
}

function challenge(location: Location, { ordersCertificate, isHttps }: ServerPlan, work: Work): readonly RoutePlan[] {
  if (ordersCertificate || !isHttps)
    work.ledger.judgeAll(location.directive, 'carried', 'Sallyport answers challenges itself');
  else {
    const cure = 'a renewal by files cannot use this port any more: take tls: out for tls: auto, or renew by DNS';
    work.ledger.judgeAll(location.directive, 'approximated', cure);
  }
  return [];
}

/** Refuses a location with all in it that has no verdict yet. Where nginx kept people out, the file says so. */
function refuse({ directive, scope }: Location, note: string, work: Work): readonly RoutePlan[] {
  work.ledger.judge(directive, 'refused', note);
  for (const one of directive.block ?? []) {
    if (one.name !== 'location' && !work.ledger.has(one)) work.ledger.judgeAll(one, 'refused', 'see its location');
  }
  const guard = scope.directives.find(({ name }) => ['deny', 'auth_basic', 'auth_request', 'internal'].includes(name));
  if (guard) {
    const what = `location ${directive.args.join(' ')} (${directive.at.file}:${directive.at.line}) was guarded by ${guard.name} and could not be carried:`;
    work.comments.push({ path: [], text: `LOOK: ${what}\nits paths go where the routes below lead them.` });
  }
  return [];
}

/** The paths of routes; null when they cannot be told. */
function pathsOf({ kind, path }: Location): readonly string[] | null {
  const written = kind === 'regex' ? prefixesOf(path) : [path];
  const paths = written?.map((one) => {
    const short = one.length > 1 ? one.replace(/\/$/, '') : one;
    return /^[\x21-\x7e]*$/.test(short) || !short.isWellFormed() ? short : encodeURI(short);
  });
  return paths?.every((one) => !parseRoutePath(one).faults) ? paths : null;
}

/** Conditions of a block: those that redirect to HTTPS are Sallyport's own. Where one turned requests away, the file says so. */
export function judgeConditions(scope: Scope, { names }: Pick<ServerPlan, 'names'>, work: Work): void {
  const { ledger } = work;
  for (const directive of scope.own('if')) {
    if (isHttpsCondition(directive, scope, names)) {
      ledger.judgeAll(directive, 'carried', 'Sallyport redirects port 80 to HTTPS by itself');
    } else if (demandsCertificate(directive)) {
      ledger.judgeAll(directive, 'carried', 'clientCertificates: required');
    } else {
      ledger.judgeAll(directive, 'refused', 'a condition: routes, allow:, deny: and the app itself can decide');
      const turnsAway = directive.block?.some(({ name, args }) => name === 'return' && /^4\d\d$/.test(args[0] ?? ''));
      if (turnsAway) work.comments.push({ path: ['sites', names[0] ?? ''], text: turnedAway(directive) });
    }
  }
}

function turnedAway({ args, at }: Directive): string {
  const condition = args.join(' ').replace(/[^\x20-\x7e]/g, '?');
  return `LOOK: requests with ${condition} were turned away (${at.file}:${at.line}); they are not any more.`;
}
