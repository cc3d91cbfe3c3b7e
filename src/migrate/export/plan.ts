import { join } from 'node:path';
import type { Path } from '../../control/config/source.ts';
import type { AppSettings } from '../../model/app.ts';
import type { AuthRules } from '../../model/auth.ts';
import type { Settings } from '../../model/settings.ts';
import type { CertificateFiles, Route, SiteSettings } from '../../model/site.ts';
import type { GroupTarget, TargetGroup } from '../../model/target-group.ts';
import type { Ledger } from './ledger.ts';

/** A path of a site that one rule holds for: a route, or a path within it that is excepted from its password. */
export interface Place {
  readonly path: string;
  readonly route: Route;
  /** Of what the app must not see; '' for nothing. */
  readonly strip: string;
  /** null: nobody is asked for a password. */
  readonly auth: AuthRules | null;
  /** The targets, null for a redirect; those of an app are where it must be run. */
  readonly group: PlannedGroup | null;
  /** Where the keys of the route stand in the file; a key that is not there stands at the site. */
  readonly key: Path;
}

export interface PlannedGroup {
  /** A word that no other group has: letters, digits and underscores. */
  readonly id: string;
  readonly rules: TargetGroup;
  readonly targets: readonly GroupTarget[];
  /** The app that must be run by somebody else from now on, and its port; null for targets of the configuration. */
  readonly app: { readonly settings: AppSettings; readonly port: number } | null;
}

export interface PlannedSite {
  readonly site: SiteSettings;
  readonly key: Path;
  /** Longest path first. */
  readonly places: readonly Place[];
  /** Empty for a site without TLS. */
  readonly pairs: readonly CertificateFiles[];
}

export interface Plan {
  /** What the file of the configuration is called. */
  readonly called: string;
  readonly settings: Settings;
  readonly sites: readonly PlannedSite[];
  readonly groups: readonly PlannedGroup[];
  readonly ledger: Ledger;
  /** PEM files of CAs by what stands in them. */
  readonly caFiles: ReadonlyMap<string, string>;
}

/** What the plan is made from besides the settings. */
export interface PlanInput {
  readonly called: string;
  readonly settings: Settings;
  readonly ledger: Ledger;
  /** Names of the sites as they stand in the file, in the order of the settings. */
  readonly names: readonly string[];
  /** Where certificates are that no key names: `NAME/fullchain.pem` and `NAME/privkey.pem` in here. */
  readonly certificates: string;
  readonly caFiles: ReadonlyMap<string, string>;
}

/** First loopback port for apps that were told where to listen. */
const firstPort = 9101;

/** The sites with everything that the writers have in common. */
export function plan({ settings, called, ledger, names, certificates, caFiles }: PlanInput): Plan {
  const ids = new Set<string>();
  const groups: PlannedGroup[] = [];
  const sites = settings.sites.map((site, index): PlannedSite => {
    const key: Path = ['sites', names[index] ?? site.name];
    const places = site.routes.flatMap((route) => {
      const own: Path = ledger.has([...key, 'routes', route.path]) ? [...key, 'routes', route.path] : key;
      const group = planGroup(route, {
        id: `${site.name}${route.path}`,
        ids,
        settings,
        groups,
      });
      if (group !== null) groups.push(group);
      return placesOf(route, site.routes, { group, key: own });
    });
    places.sort((a, b) => b.path.length - a.path.length);
    return { site, key, places, pairs: pairsOf(site, certificates) };
  });
  return { called, settings, sites, groups, ledger, caFiles };
}

/** The path of a key that a route or else its site says; where neither does, the route. */
export function keyOf({ ledger }: Plan, { key }: Place, ...names: readonly string[]): Path {
  const own = [...key, ...names];
  const ofSite = [...key.slice(0, 2), ...names];
  return ledger.has(own) || !ledger.has(ofSite) ? own : ofSite;
}

function placesOf(
  route: Route,
  routes: readonly Route[],
  { group, key }: { readonly group: PlannedGroup | null; readonly key: Path },
): Place[] {
  const strip = route.action.kind === 'proxy' && route.action.stripPrefix && route.path !== '/' ? route.path : '';
  const { auth = null } = route;
  const common = { route, strip, group, key };
  const except = auth?.except ?? [];
  if (except.some((path) => isWithin(route.path, path))) return [{ ...common, path: route.path, auth: null }];
  const excepted = except.filter((path) => isWithin(path, route.path) && nearest(routes, path) === route);
  return [{ ...common, path: route.path, auth }, ...excepted.map((path) => ({ ...common, path, auth: null }))];
}

/** Whether `path` is `other` or below it. */
function isWithin(path: string, other: string): boolean {
  return other === '/' || path === other || path.startsWith(`${other}/`);
}

/** The route that takes a path. */
function nearest(routes: readonly Route[], path: string): Route | undefined {
  return routes.find((route) => isWithin(path, route.path));
}

interface GroupPlace {
  readonly id: string;
  readonly ids: Set<string>;
  readonly settings: Settings;
  readonly groups: readonly PlannedGroup[];
}

function planGroup(route: Route, { id, ids, settings, groups }: GroupPlace): PlannedGroup | null {
  if (route.action.kind === 'redirect') return null;
  const rules = route.action.group;
  const settingsOfApp = settings.apps.find(({ name }) => name === rules.app);
  if (settingsOfApp === undefined) return { id: uniqueId(id, ids), rules, targets: rules.targets, app: null };
  const { program } = settingsOfApp;
  const port = (program.kind === 'command' ? program.port : null) ?? firstPort + groups.filter(({ app }) => app).length;
  const name = `127.0.0.1:${port}`;
  const target = { kind: 'tcp', name, host: '127.0.0.1', port, http2: false, tls: null } as const;
  const targets = [{ target, weight: 1, maxConnections: 0 }];
  return { id: uniqueId(id, ids), rules, targets, app: { settings: settingsOfApp, port } };
}

function uniqueId(text: string, ids: Set<string>): string {
  const word =
    text
      .replaceAll(/[^A-Za-z0-9]+/g, '_')
      .replaceAll(/^_+|_+$/g, '')
      .slice(0, 60) || 'site';
  const base = /^\d/.test(word) ? `s${word}` : word;
  let id = base;
  for (let count = 2; ids.has(id); count++) id = `${base}_${count}`;
  ids.add(id);
  return id;
}

function pairsOf({ tls, name }: SiteSettings, directory: string): readonly CertificateFiles[] {
  if (tls.mode === 'off') return [];
  if (tls.mode === 'files') return tls.pairs;
  // certbot keeps a certificate for *.example.org and example.org under example.org.
  const live = join(directory, name.replace(/^\*\./, ''));
  return [{ certificate: join(live, 'fullchain.pem'), key: join(live, 'privkey.pem') }];
}
