import type { Settings } from '../model/settings.ts';
import type { Route, Target } from '../model/site.ts';

/** A target of the configuration, and the routes that lead to it. */
export interface Guarded {
  readonly target: Target;
  readonly uses: readonly Use[];
}

interface Use {
  /** The site's first name. */
  readonly site: string;
  readonly path: string;
  /** What keeps people from the route, in words; '' when anybody may pass. */
  readonly guard: string;
}

/** Every target that the routes of the sites lead to, and every service that is asked who may pass. */
export function guardedTargets({ sites }: Pick<Settings, 'sites'>): Guarded[] {
  const found = new Map<string, { target: Target; uses: Use[] }>();
  const add = (target: Target, use: Use): void => {
    const known = found.get(target.name);
    if (known === undefined) found.set(target.name, { target, uses: [use] });
    else known.uses.push(use);
  };
  for (const { name: site, routes, clientCertificates } of sites) {
    for (const route of routes) {
      const use = { site, path: route.path, guard: guardOf(route, clientCertificates !== undefined) };
      if (route.access?.forwardAuth) add(route.access.forwardAuth.target, { site, path: '/', guard: '' });
      if (route.action.kind !== 'proxy') continue;
      for (const { target } of route.action.group.targets) add(target, use);
    }
  }
  return [...found.values()];
}

function guardOf({ auth, access }: Route, asksCertificate: boolean): string {
  if (auth !== undefined) return 'password';
  if (access?.forwardAuth !== undefined) return 'login';
  if (asksCertificate && access?.clientCertificate !== 'optional') return 'client certificate';
  return access?.addresses === undefined ? '' : 'address list';
}

/** The sites that lead to a target, as findings name their subject. */
export function sitesOf({ uses }: Guarded): string {
  return [...new Set(uses.map(({ site }) => site))].join(', ');
}
