import type { TargetStatus } from '../model/status.ts';

/** The gravest first. */
const states: readonly TargetStatus['state'][] = ['drained', 'down', 'failing', 'starting', 'returning', 'up'];

/** The targets as all workers together see them, in the order of the first: what is counted is added up, the worst state holds. */
export function sumTargets(workers: readonly (readonly TargetStatus[])[]): TargetStatus[] {
  const sums = new Map<string, TargetStatus>();
  for (const target of workers.flat()) {
    const key = `${target.site} ${target.path} ${target.target}`;
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? target : add(sum, target));
  }
  return [...sums.values()];
}

function add(a: TargetStatus, b: TargetStatus): TargetStatus {
  const later = (b.lastError?.at ?? '') > (a.lastError?.at ?? '') ? b.lastError : (a.lastError ?? b.lastError);
  return {
    ...a,
    state: states.find((state) => state === a.state || state === b.state) ?? a.state,
    requests: a.requests + b.requests,
    connections: a.connections + b.connections,
    waiting: a.waiting + b.waiting,
    failures: a.failures + b.failures,
    lastError: later,
  };
}
