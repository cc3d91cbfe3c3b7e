import { parseTarget } from '../../control/config/target.ts';
import { isAddress } from '../../model/host.ts';
import { type Access, accessOf, type Level } from './access.ts';
import type { Directive } from './directive.ts';
import { type GroupConfig, judgeParameters, verifiedHere } from './groups.ts';
import { type HeadersConfig, headersOf } from './headers.ts';
import type { HostContext } from './host.ts';
import { fileSectionsFor, locationsFor, proxySectionsFor } from './match.ts';
import { type Rule, routePathOf } from './rules.ts';
import { mapping } from './target.ts';
import { wantsCertificate } from './tls.ts';
import { type AppConfig, wsgiApp } from './wsgi.ts';

/** A route of `sallyport.yaml`. */
export interface RouteConfig {
  to?: GroupConfig['to'];
  balance?: GroupConfig['balance'];
  health?: GroupConfig['health'];
  app?: AppConfig;
  stripPrefix?: boolean;
  redirect?: string;
  status?: 301 | 302 | 303 | 307 | 308;
  headers?: HeadersConfig;
  auth?: NonNullable<Access['auth']> & { passAuthorization?: boolean };
  allow?: readonly string[];
  deny?: readonly string[];
  clientCertificates?: 'required';
}

/** The route for what `rule` does below `path`; null when Sallyport has none, and the path is to be closed. */
export function routeOf(path: string, sample: string, rule: Rule, host: HostContext): RouteConfig | null {
  const base = baseOf(path, rule, host);
  if (base === null) return null;
  const levels = levelsFor(sample, rule, host);
  const flat = levels.flat();
  const access = accessOf(levels, host.ledger);
  const headers = headersOf(flat, host, host.ledger);
  const passes = rule.action.kind === 'wsgi' ? toldWsgi(flat) : !headers.request?.remove?.some(isAuthorization);
  const { auth: login, ...networks } = access;
  const auth = login && { ...login, basic: host.path(login.basic) };
  const own = ownHost(rule, flat, host);
  const request = own === null ? headers.request : { ...headers.request, set: { ...headers.request?.set, Host: own } };
  const all = { ...headers, ...(request && { request }) };
  const demands = flat.filter(wantsCertificate);
  const plain = host.scopes.flatMap((scope) => scope.plain);
  const asks = host.secure && plain.some(({ key }) => key === 'sslcacertificatefile');
  for (const one of demands) host.ledger.carried(one, 'clientCertificates: required');
  if (!asks) {
    const unasked = [...demands, ...plain.filter(wantsCertificate)];
    const note =
      'no SSLCACertificateFile: closed here; write clientCertificates: {ca: FILE} into the site, and take deny: [all] out';
    for (const one of unasked) host.ledger.refused(one, note);
    if (unasked.length > 0) return { ...base, deny: ['all'] };
  }
  return {
    ...base,
    ...(auth && { auth: { ...auth, ...(passes && { passAuthorization: true }) } }),
    ...networks,
    ...(demands.length > 0 && { clientCertificates: 'required' as const }),
    ...(Object.keys(all).length > 0 && { headers: all }),
  };
}

/** mod_proxy passes the password on to the app; mod_wsgi keeps it, unless it is told not to. */
function toldWsgi(flat: readonly Directive[]): boolean {
  return flat.findLast((one) => one.key === 'wsgipassauthorization')?.words[0]?.toLowerCase() === 'on';
}

function isAuthorization(name: string): boolean {
  return name.toLowerCase() === 'authorization';
}

/** What the sections around a path say, each on top of the one before. */
function levelsFor(sample: string, rule: Rule, { scopes }: HostContext): Level[] {
  const { action } = rule;
  const address =
    action.kind !== 'proxy'
      ? ''
      : action.url.kind === 'single'
        ? `${action.url.to}${action.url.path}`
        : `balancer://${action.url.name}`;
  const sections = [
    ...(action.kind === 'wsgi' ? fileSectionsFor(scopes, action.script) : []),
    ...(action.kind === 'proxy' ? proxySectionsFor(scopes, address) : []),
    ...locationsFor(scopes, sample),
  ];
  // What a host says about its own TLS is no demand of a route.
  const plain = scopes.map((scope) => scope.plain.filter((one) => !/^ssl/.test(one.key)));
  return [...plain, ...sections.map(({ directives }) => directives)];
}

function baseOf(path: string, rule: Rule, host: HostContext): RouteConfig | null {
  const { action, by } = rule;
  const { ledger } = host;
  if (action.kind === 'closed' || action.kind === 'excluded') return null;
  if (action.kind === 'redirect') {
    ledger.carried(by);
    return { redirect: action.location, ...(action.status !== 302 && { status: action.status }) };
  }
  const strips = action.kind === 'wsgi' ? rule.path !== '/' : action.strip;
  if (strips && path !== routePathOf(rule.path)) {
    ledger.refused(by, `only the route itself can be taken off a path: ${path} is closed here`);
    return null;
  }
  if (action.kind === 'wsgi') {
    ledger.carried(by);
    if (strips)
      ledger.approximated(by, 'stripPrefix: the app does not learn the path in front of its own (SCRIPT_NAME)');
    const levels = levelsFor(path, rule, host).flat();
    return {
      app: wsgiApp(host.path(action.script), action.options, levels, host),
      ...(strips && { stripPrefix: true }),
    };
  }
  const group = groupOf(rule, host);
  if (group === null) return null;
  if (rule.path !== '/' && rule.path.endsWith('/') && strips)
    ledger.approximated(by, `${path} itself, without the slash, reaches the app too, as /`);
  ledger.carried(by);
  return { ...group, ...(strips && { stripPrefix: true }) };
}

function groupOf(
  { by, path, action, parameters }: Rule,
  { balancers, globals, ledger }: HostContext,
): GroupConfig | null {
  if (action.kind !== 'proxy') return null;
  const health = judgeParameters(by, parameters, globals, ledger);
  const { url } = action;
  if (url.kind === 'single') {
    const fault = parseTarget(url.to).faults?.[0];
    if (fault) {
      ledger.refused(by, `${url.to}: ${fault.what}${fault.wanted ? `; wanted ${fault.wanted}` : ''}`);
      return null;
    }
    if (url.secure) ledger.approximated(by, verifiedHere);
    return { to: url.to };
  }
  const balancer = balancers.get(url.name);
  if (!balancer) {
    ledger.refused(by, `balancer://${url.name} has no members in these files`);
    return null;
  }
  const whole = mapping(path, `${balancer.path.replace(/\/+$/, '')}${url.path}`);
  if (whole === 'other' || (whole === 'strip') !== action.strip) {
    ledger.refused(by, `members have a path of their own (${balancer.path}): let the apps answer under ${path}`);
    return null;
  }
  const merged = { ...balancer.group.health, ...health };
  return {
    ...balancer.group,
    ...(Object.keys(merged).length > 0 && Array.isArray(balancer.group.to) && { health: merged }),
  };
}

/** The Host that an app on another machine was given; null where it is the one that clients use. */
function ownHost({ action, by }: Rule, around: readonly Directive[], { ledger }: HostContext): string | null {
  if (action.kind !== 'proxy') return null;
  const said = around.findLast((one) => one.key === 'proxypreservehost');
  const preserved = said?.words[0]?.toLowerCase() === 'on';
  if (preserved) return null;
  const { url } = action;
  const named =
    url.kind === 'single' &&
    url.host !== '' &&
    url.host !== 'localhost' &&
    !isAddress(url.host.replace(/^\[|\]$/g, ''));
  if (named && url.kind === 'single' && /^[\w.-]+(?::\d{1,5})?$/.test(url.authority)) {
    if (said) ledger.carried(said, 'headers: request: set: Host');
    return url.authority;
  }
  const seen = url.kind === 'single' ? url.authority || 'localhost' : "the member's address";
  const note = `the app sees the name that clients use in Host, not ${seen}`;
  ledger.approximated(said ?? by, `${note} (as with ProxyPreserveHost On)`);
  return null;
}
