import type { Apps } from '../control/apps/apps.ts';
import type { Route, SiteSettings } from '../model/site.ts';

/** The routes of a site, those that lead to an app of the gate's with where it is now. */
export function routesWithApps({ routes }: SiteSettings, apps: Pick<Apps, 'placeOf'>): readonly Route[] {
  return routes.map((route) => {
    const { action } = route;
    if (action.kind !== 'proxy' || action.group.app === null) return route;
    const { targets, waits, absence } = apps.placeOf(action.group.app);
    const members = targets.map((target) => ({ target, weight: 1, maxConnections: 0 }));
    return { ...route, action: { ...action, group: { ...action.group, targets: members, waits, absence } } };
  });
}
