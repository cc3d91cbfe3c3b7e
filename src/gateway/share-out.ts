import type { Route } from '../model/site.ts';
import type { TargetGroup } from '../model/target-group.ts';

/** Routes as one of `workers` serves them: of what a target takes at a time, and of what may wait for it, each worker has its share. */
export function shareOut(routes: readonly Route[], workers: number): readonly Route[] {
  if (workers === 1) return routes;
  return routes.map((route) => {
    const { action } = route;
    if (action.kind !== 'proxy') return route;
    return { ...route, action: { ...action, group: shareOfGroup(action.group, workers) } };
  });
}

function shareOfGroup(group: TargetGroup, workers: number): TargetGroup {
  const { requests, wait } = group.queue;
  return {
    ...group,
    queue: { requests: Math.ceil(requests / workers), wait },
    targets: group.targets.map((one) => ({
      ...one,
      maxConnections: one.maxConnections === 0 ? 0 : Math.max(1, Math.floor(one.maxConnections / workers)),
    })),
  };
}
