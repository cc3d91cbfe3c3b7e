import type { Visit } from './visit.ts';

/** The request goes on to the next guard, and after the last to the app. */
export const pass = Symbol('pass');

/** No verdict yet: the guard calls {@link Visit.settle} later. Until then no byte of the body is read on. */
export const pending = Symbol('pending');

/** An answer in place of the app's. */
export interface Refusal {
  readonly status: number;
  /** A sentence of our own for the page and the log, never a client's text; '' for the status's usual one. */
  readonly detail: string;
  /** Complete field lines to add, each ending in CRLF; such as `WWW-Authenticate`, `Retry-After`. */
  readonly lines: string;
  /** The whole answer, where it is not the gate's error page: what a forward-auth service said. */
  readonly body?: { readonly contentType: string; readonly bytes: Buffer };
}

export type Verdict = typeof pass | Refusal;

/**
 * One rule about who may pass. Made when a configuration is taken up, shared by all requests of its route: what belongs to one
 * request stands in the {@link Visit}, what outlives a configuration in the `GuardHome`. Must never throw: a guard
 * that cannot decide refuses.
 */
export interface Guard {
  /** Names of fields that only this guard may set: no client's own reaches the app. Spellings with `_` count too. */
  readonly ownedFields: readonly string[];
  /**
   * Paths of which, with everything below them (`isUnder`), it makes an exception. `Visit.request.path` is as the client wrote
   * it; a guard may rely on every known app reading it on the same side of each route and exception: a request
   * for which that is not so is refused with 400 before any guard is asked. Absent: none.
   */
  readonly exceptions?: readonly string[];
  /** It only takes fields away and lets everybody pass: a route with nothing else is not guarded. */
  readonly open?: true;
  check(visit: Visit): Verdict | typeof pending;
}
