import type { TrafficCounters } from '../model/status.ts';
import { newCounters } from '../wire/http2/counters.ts';

/** A worker that has done nothing yet. */
const zero: TrafficCounters = {
  connections: 0,
  tunnels: 0,
  acceptedConnections: 0,
  requests: 0,
  refusedRequests: 0,
  upstreamFailures: 0,
  failedHandshakes: 0,
  http2: newCounters(),
};

/** The counters of several workers, added up; all zero for none. */
export function sumCounters(all: readonly TrafficCounters[]): TrafficCounters {
  return all.reduce((sum, one) => ({ ...addMembers(sum, one), http2: addMembers(sum.http2, one.http2) }), zero);
}

function addMembers<T extends object>(sum: T, one: T): T {
  const added: Partial<Record<keyof T, unknown>> = {};
  for (const name of Object.keys(sum) as (keyof T)[]) added[name] = Number(sum[name]) + Number(one[name]);
  return added as T;
}

/** What counts on when the worker has ended: nothing of it is open any more. */
export function closedCounters(counters: TrafficCounters): TrafficCounters {
  return { ...counters, connections: 0, tunnels: 0 };
}
