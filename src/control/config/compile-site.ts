import { resolve } from 'node:path';
import type { AppSettings } from '../../model/app.ts';
import { isInternalHost } from '../../model/host.ts';
import type { Route, SiteSettings, TlsSource } from '../../model/site.ts';
import { appGroup } from '../../model/target-group.ts';
import { inspectPair } from './certificate-files.ts';
import { compileAccess } from './compile-access.ts';
import { compileApp } from './compile-app.ts';
import { compileAuth, type UserFileCheck } from './compile-auth.ts';
import { compileClientCertificates, compileDemand } from './compile-client-certificates.ts';
import { compileGroup, compileQueue } from './compile-group.ts';
import { compileHsts, compileSafeHeaders } from './compile-safe-headers.ts';
import { compileHeaders, mergeHeaderRules } from './header-rules.ts';
import type { Findings } from './problems.ts';
import { parseRoutePath } from './route-path.ts';
import type { ParsedRoute, ParsedSite } from './site-schema.ts';
import type { Path } from './source.ts';

/** One site to compile. */
export interface SiteInput {
  /** Its key in the configuration. */
  readonly written: string;
  readonly site: ParsedSite;
  readonly names: readonly [string, ...string[]];
  /** What relative paths are relative to. */
  readonly directory: string;
  readonly users: UserFileCheck;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly isRoot: boolean;
  /** Takes the apps that the site's routes lead to. */
  readonly apps: AppSettings[];
}

/** A site with its defaults, its certificate files looked at and its routes in order of match. */
export function compileSite(input: SiteInput, findings: Findings): SiteSettings {
  const site: Path = ['sites', input.written];
  const siteRules = compileHeaders(input.site.headers, [...site, 'headers'], findings);
  const auth = { name: input.names[0], files: input.users };
  const siteAuth = compileAuth(input.site.auth, { ...auth, path: [...site, 'auth'] }, findings);
  const routes: Route[] = [];
  for (const [path, route] of input.site.routes) {
    const outcome = parseRoutePath(path);
    for (const fault of outcome.faults ?? []) findings.problem([...site, 'routes', path], { ...fault, onKey: true });
    // A target of the whole site stands beside the routes, not among them.
    const own = findings.has([...site, 'routes', path]) ? [...site, 'routes', path] : site;
    const headers = mergeHeaderRules(siteRules, compileHeaders(route.headers, [...own, 'headers'], findings));
    const access = compileAccess(
      { site: input.site.access, route: route.access, sitePath: site, routePath: own, directory: input.directory },
      findings,
    );
    const clientCertificate = compileDemand(input.site, route.clientCertificates, own, findings);
    const rules = { ...access, ...(clientCertificate && { clientCertificate }) };
    const routeAuth =
      route.auth === undefined ? siteAuth : compileAuth(route.auth, { ...auth, path: [...own, 'auth'] }, findings);
    routes.push({
      path,
      headers,
      safeHeaders: compileSafeHeaders(input.site.headers, route.headers),
      ...(routeAuth !== null && { auth: routeAuth }),
      action: compileAction(input, [path, route], own, findings),
      access: rules,
    });
  }
  routes.sort((a, b) => b.path.length - a.path.length);
  for (const route of routes) checkLoop(route, routes, site, findings);
  const clientCertificates = compileClientCertificates(input.site, site, input.directory, findings);
  const tls = compileTls(input, findings);
  const hsts = compileHsts(input.site, site, findings);
  const more = { ...(clientCertificates && { clientCertificates }), ...(hsts !== '' && { hsts }) };
  return { name: input.names[0], names: input.names, tls, routes, ...more };
}

function compileAction(
  input: SiteInput,
  [at, route]: readonly [string, ParsedRoute],
  path: Path,
  findings: Findings,
): Route['action'] {
  const { directory, isRoot } = input;
  const [site] = input.names;
  if (route.kind === 'redirect') return { kind: 'redirect', location: route.location, status: route.status };
  const { stripPrefix } = route;
  if (route.kind === 'app') {
    const app = compileApp({ app: route.app, site, route: at, directory, isRoot }, [...path, 'app'], findings);
    input.apps.push(app);
    return { kind: 'proxy', group: appGroup(app.name, compileQueue(route.queue)), stripPrefix };
  }
  const { to, rules } = route;
  return { kind: 'proxy', group: compileGroup({ to, rules, site, directory }, path, findings), stripPrefix };
}

/** A redirect to a path that leads to the same redirect never ends. */
function checkLoop(route: Route, routes: readonly Route[], site: Path, findings: Findings): void {
  if (route.action.kind !== 'redirect' || !route.action.location.startsWith('/')) return;
  const path = route.action.location.replace(/[?#].*$/s, '');
  const match = routes.find((other) => other.path === '/' || path === other.path || path.startsWith(`${other.path}/`));
  if (match !== route) return;
  const cure = 'Give the path it leads to a route of its own.';
  findings.problem([...site, 'routes', route.path, 'redirect'], { what: 'a redirect that leads to itself', cure });
}

function compileTls(input: SiteInput, findings: Findings): TlsSource {
  const { tls } = input.site;
  if (tls === 'off' || tls === 'internal') return { mode: tls };
  if (tls === 'auto') return automatic(input, findings);
  const base: Path = ['sites', input.written, 'tls'];
  const keyTypes = new Set<string>();
  const pairs = tls.map(({ certificate, key }, index) => {
    const pair = { certificate: resolve(input.directory, certificate), key: resolve(input.directory, key) };
    // A single pair may stand in the file without a list around it.
    const path = findings.has([...base, index]) ? [...base, index] : base;
    const verdict = inspectPair(pair, input.names, input.now);
    for (const fault of verdict.faults) findings.problem(path, fault);
    for (const warning of verdict.warnings) findings.warning(path, warning);
    if (verdict.keyType !== null && keyTypes.has(verdict.keyType)) {
      const cure = 'Keep one pair for each type of key, such as RSA and ECDSA.';
      findings.problem(path, { what: 'a second pair with the same type of key', cure });
    }
    if (verdict.keyType !== null) keyTypes.add(verdict.keyType);
    return pair;
  });
  return { mode: 'files', pairs };
}

function automatic({ written, names }: SiteInput, findings: Findings): TlsSource {
  const internal = names.filter(isInternalHost);
  if (internal.length === names.length) return { mode: 'internal' };
  if (internal.length > 0) {
    const cure = 'Make a site of its own for them, or write tls: internal to use the in-house CA for all.';
    const what = `public and internal names in one site: no public CA issues for ${internal.join(', ')}`;
    findings.problem(['sites', written], { what, cure, onKey: true });
  }
  const underscore = names.find((name) => name.includes('_'));
  if (underscore !== undefined) {
    const cure = 'Write a hyphen, or tls: internal to use the in-house CA.';
    findings.problem(['sites', written], {
      what: `an underscore in a public name: no public CA issues for ${underscore}`,
      cure,
      onKey: true,
    });
  }
  return { mode: 'acme' };
}
