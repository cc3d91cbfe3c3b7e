import type { Target } from './site.ts';

/** One target of a group. */
export interface GroupTarget {
  readonly target: Target;
  /** Share of the requests, next to the weights of the others; 1 to 1000. */
  readonly weight: number;
  /** Most requests at a time; 0: no limit. */
  readonly maxConnections: number;
}

/** How a target is found for a request. All but the first also heed the weights. */
type Balance =
  | { readonly kind: 'roundRobin' }
  | { readonly kind: 'leastConnections' }
  /** By the client's address, so that one client meets one target; a target that comes or goes moves only its own clients. */
  | { readonly kind: 'addressHash' }
  /** As `roundRobin`, then by a cookie of this name that says nothing about the target to anybody else. */
  | { readonly kind: 'cookie'; readonly name: string };

/** A question that every target of a group is asked again and again. Times in milliseconds. */
export interface HealthCheck {
  /** Path and query. */
  readonly path: string;
  /** Ranges of statuses, both ends included, that mean that all is well. */
  readonly status: readonly (readonly [number, number])[];
  readonly interval: number;
  readonly timeout: number;
  /** Good answers in a row that bring a target back. */
  readonly rise: number;
  /** Bad ones in a row that take it out. */
  readonly fall: number;
  /** For the Host field. */
  readonly host: string;
}

/** When a target gets no requests for a while because requests to it failed. Times in milliseconds. */
export interface PassiveHealth {
  /** So many failures within `window` take it out; 0: never. */
  readonly failures: number;
  readonly window: number;
  readonly out: number;
  /** How long its share grows from a tenth to the whole after it has returned; 0: at once. */
  readonly slowStart: number;
}

/** Requests that wait while every target is full, or while the app starts. */
interface QueueLimits {
  readonly requests: number;
  /** Milliseconds. */
  readonly wait: number;
}

/** Targets that serve the same requests. */
export interface TargetGroup {
  /** What logs and status call the whole: its only target's name, or all of them. */
  readonly name: string;
  /** Empty while an app that the gate runs is not ready. */
  readonly targets: readonly GroupTarget[];
  readonly balance: Balance;
  /** null: targets are not asked. */
  readonly check: HealthCheck | null;
  readonly passive: PassiveHealth;
  readonly queue: QueueLimits;
  /** Name of the app that the gate runs and whose targets these are; null for targets of the configuration. */
  readonly app: string | null;
  /** There are no targets, but there will be: requests wait. */
  readonly waits: boolean;
  /** Why there are no targets, for the log; ''. */
  readonly absence: string;
}

export const defaultPassiveHealth: PassiveHealth = Object.freeze({
  failures: 3,
  window: 10_000,
  out: 10_000,
  slowStart: 10_000,
});

export const defaultQueue: QueueLimits = Object.freeze({ requests: 1_000, wait: 30_000 });

/** The group of one target, with every default. */
export function groupOf(...targets: readonly Target[]): TargetGroup {
  return {
    name: targets.map(({ name }) => name).join(', '),
    targets: targets.map((target) => ({ target, weight: 1, maxConnections: 0 })),
    balance: { kind: 'roundRobin' },
    check: null,
    passive: defaultPassiveHealth,
    queue: defaultQueue,
    app: null,
    waits: false,
    absence: '',
  };
}

/** The group of an app that the gate runs; its targets are filled in once it is ready. */
export function appGroup(app: string, queue: QueueLimits = defaultQueue): TargetGroup {
  return {
    ...groupOf(),
    name: `app ${app}`,
    queue,
    app,
    waits: true,
    absence: `the app ${app} is not ready`,
  };
}
