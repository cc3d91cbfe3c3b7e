import { join, resolve } from 'node:path';
import type { AppSettings } from '../../model/app.ts';
import { defaultLimits, type Limits } from '../../model/limits.ts';
import type { ListenAddress, Settings } from '../../model/settings.ts';
import type { SiteSettings } from '../../model/site.ts';
import { compileAcme } from './compile-acme.ts';
import { UserFileCheck } from './compile-auth.ts';
import { compileSite } from './compile-site.ts';
import { describeListenAddress } from './listen-address.ts';
import { connectionsFor } from './open-files.ts';
import { defaultState, type Surroundings } from './paths.ts';
import type { Findings } from './problems.ts';
import type { ParsedConfig } from './schema.ts';
import { checkSiteNames } from './site-names.ts';
import type { Source } from './source.ts';
import { longestSocketPath } from './target.ts';
import { checkUser } from './user-schema.ts';

/** What compiling looks at besides the configuration. */
export interface World extends Surroundings {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Of one process. */
  readonly openFiles: number;
  /** Cores that this process may use. */
  readonly processors: number;
}

/**
 * A validated configuration with every default filled in and every path absolute. Reports what only the whole can
 * show: names used twice, certificates that do not fit, listeners that collide.
 */
export function compile(config: ParsedConfig, source: Source, world: World, findings: Findings): Settings {
  const absolute = (path: string) => resolve(source.directory, path);
  const names = checkSiteNames(config.sites, findings);
  const sites: SiteSettings[] = [];
  const users = new UserFileCheck(source.directory);
  const apps: AppSettings[] = [];
  const { now } = world;
  const isRoot = world.isRoot && config.user === undefined;
  for (const [written, site] of Object.entries(config.sites)) {
    const siteNames = names.get(written);
    if (siteNames)
      sites.push(
        compileSite(
          { written, site, names: siteNames, directory: source.directory, users, now, isRoot, apps },
          findings,
        ),
      );
  }
  const listen = compileListen(config.listen, config.trustedProxies ?? [], findings);
  const state = config.state === undefined ? defaultState(world) : absolute(config.state);
  const workers = config.workers === undefined || config.workers === 'auto' ? world.processors : config.workers;
  const logs = {
    access: 'stdout',
    errors: 'stderr',
    format: 'combined' as const,
    ...withoutUndefined(config.logs ?? {}),
  };
  checkUser(findings);
  const settings: Settings = {
    file: source.file === null ? null : resolve(source.file),
    listen,
    state,
    control: compileControl(
      config.control === undefined ? join(state, 'control.sock') : absolute(config.control),
      findings,
    ),
    user: config.user ?? null,
    group: config.group ?? null,
    workers,
    trustedProxies: [...new Set(config.trustedProxies)],
    http2: config.http2 ?? true,
    resolvers: config.resolvers ?? [],
    logs: { ...logs, access: logPath(logs.access, absolute), errors: logPath(logs.errors, absolute) },
    authority: config.authority
      ? { dns: config.authority.names ?? [], networks: config.authority.networks ?? [] }
      : null,
    acme: compileAcme({ acme: config.acme, directory: source.directory, sites }, findings),
    limits: compileLimits(config.limits ?? {}, { openFiles: world.openFiles, workers }, findings),
    sites,
    apps,
  };
  if (settings.trustedProxies.some((network) => network.endsWith('/0'))) {
    const cure = 'Name the addresses of your proxies: now every client can forge its address.';
    findings.warning(['trustedProxies'], { what: 'everybody is trusted', cure, onKey: true });
  }
  warnOfPlainPasswords(settings, Object.keys(config.sites), findings);
  if (findings.problems.length === 0) {
    checkListenersServe(settings, Object.keys(config.sites), findings);
    checkNoTargetIsSelf(settings, Object.keys(config.sites), findings);
  }
  return settings;
}

function logPath(place: string, absolute: (path: string) => string): string {
  return ['stdout', 'stderr', 'off'].includes(place) ? place : absolute(place);
}

function compileControl(control: string, findings: Findings): string {
  if (Buffer.byteLength(control) > longestSocketPath) {
    const cure = 'Set control: to a shorter path.';
    findings.problem(['control'], {
      what: 'the path of the control socket is too long',
      wanted: `at most ${longestSocketPath} bytes`,
      cure,
    });
  }
  return control;
}

function compileListen(
  listen: ParsedConfig['listen'],
  trusted: readonly string[],
  findings: Findings,
): Settings['listen'] {
  const http = listen?.http ?? [{ host: '', port: 80 }];
  const https = listen?.https ?? [{ host: '', port: 443 }];
  if (http.length === 0 && https.length === 0) {
    findings.problem(['listen'], {
      what: 'neither http nor https is listened on',
      cure: 'Give at least one of them a port.',
      onKey: true,
    });
  }
  const all = [
    ...http.map((address) => ({ scheme: 'http', address })),
    ...https.map((address) => ({ scheme: 'https', address })),
  ];
  for (const [index, { scheme, address }] of all.entries()) {
    const other = all.slice(0, index).find((earlier) => collide(earlier.address, address));
    if (!other) continue;
    const what = `${describeListenAddress(address)} collides with ${describeListenAddress(other.address)} of ${other.scheme}`;
    findings.problem(['listen', scheme], { what, cure: 'Give each its own port or address.' });
  }
  const proxied = all.find(({ address }) => address.proxyProtocol);
  if (proxied && trusted.length === 0) {
    const cure = 'Name the addresses of your proxies in trustedProxies:, as in trustedProxies: [10.0.0.5].';
    findings.problem(['listen', proxied.scheme], { what: 'proxyProtocol, but no proxy is trusted', cure, onKey: true });
  }
  return { http, https };
}

function collide(a: ListenAddress, b: ListenAddress): boolean {
  return a.port !== 0 && a.port === b.port && (a.host === b.host || a.host === '' || b.host === '');
}

/** Every site needs the listener it is served on. */
function checkListenersServe({ listen, sites }: Settings, written: readonly string[], findings: Findings): void {
  for (const [index, site] of sites.entries()) {
    const path = ['sites', written[index] ?? ''];
    if (site.tls.mode === 'off' && listen.http.length === 0) {
      const cure = 'Set listen: http: 80, or take tls: off out.';
      findings.problem(path, { what: 'a site without TLS, but http is not listened on', cure, onKey: true });
    }
    if (site.tls.mode !== 'off' && listen.https.length === 0) {
      const cure = 'Set listen: https: 443, or write tls: off in the site.';
      findings.problem(path, { what: 'a site with TLS, but https is not listened on', cure, onKey: true });
    }
  }
}

/** Where nothing encrypts, neither this gate nor a proxy in front of it, everybody on the way reads the passwords. */
function warnOfPlainPasswords(
  { sites, trustedProxies }: Settings,
  written: readonly string[],
  findings: Findings,
): void {
  if (trustedProxies.length > 0) return;
  for (const [index, { tls, routes }] of sites.entries()) {
    if (tls.mode !== 'off' || routes.every(({ auth }) => auth === undefined)) continue;
    const cure = 'Take tls: off out: internal costs nothing where no public CA can reach.';
    findings.warning(['sites', written[index] ?? '', 'auth'], {
      what: 'passwords cross the network unencrypted',
      cure,
      onKey: true,
    });
  }
}

const ownHosts = new Set(['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::']);

/** An app at an address that Sallyport itself listens on would make every request go round in circles. */
function checkNoTargetIsSelf({ listen, sites }: Settings, written: readonly string[], findings: Findings): void {
  for (const [index, site] of sites.entries()) {
    const targets = site.routes.flatMap(({ action }) => (action.kind === 'proxy' ? action.group.targets : []));
    for (const { target } of targets) {
      if (target.kind !== 'tcp') continue;
      const { host, port, name } = target;
      const own = [...listen.http, ...listen.https].find((address) => {
        return address.port === port && (address.host === host || (ownHosts.has(host) && address.host === ''));
      });
      if (!own) continue;
      const what = `its target ${name} is where Sallyport itself listens`;
      const cure = 'Name the port of the app; if the two want the same port, change one of them.';
      findings.problem(['sites', written[index] ?? ''], { what, cure, onKey: true });
    }
  }
}

/** `openFiles` is the limit of one process; each worker has its own. */
function compileLimits(
  limits: NonNullable<ParsedConfig['limits']>,
  { openFiles, workers }: { readonly openFiles: number; readonly workers: number },
  findings: Findings,
): Limits {
  const { connections = 'auto', ...others } = withoutUndefined(limits);
  const room = connectionsFor(openFiles) * workers;
  if (connections !== 'auto' && (connections === 0 || connections > room)) {
    const what = `more connections than the limit of ${openFiles} open files has room for (${room})`;
    findings.warning(['limits', 'connections'], {
      what,
      cure: 'Raise the limit (LimitNOFILE= in systemd, ulimit -n), or write auto.',
    });
  }
  const compiled = { ...defaultLimits, ...others, connections: connections === 'auto' ? room : connections };
  if (compiled.tunnelIdle !== 0 && compiled.tunnelIdle < defaultLimits.tunnelIdle) {
    const cure = 'Write 1h or more unless the app pings more often than this.';
    findings.warning(['limits', 'tunnelIdle'], { what: 'quiet WebSockets will be cut in less than an hour', cure });
  }
  return compiled;
}

function withoutUndefined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
