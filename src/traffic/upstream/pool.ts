import type { Limits } from '../../model/limits.ts';
import type { Target } from '../../model/site.ts';
import { ResponseHead } from '../../wire/http1/response-head.ts';
import type { Deadlined, Deadlines } from '../deadlines.ts';
import { Http1Upstream, type UpstreamHome } from './http1-upstream.ts';

/** Idle connections kept for one target. */
const mostIdle = 1024;
/** How long an idle connection is kept when the app does not say: many apps close theirs after five seconds. */
const idleTime = 4_000;
/** Longest we keep an idle connection when the app says. */
const longestIdleTime = 60_000;
/** Closed this much before the app would, so that a request never meets the closing connection. */
const idleMargin = 1_000;
/**
 * A request that must not be sent twice gets a connection idle for at most this long: on an older one, dead without our
 * knowing, it would be lost.
 */
const freshTime = 1_000;

/**
 * Keeps idle connections to apps, the most recently used on top. Keyed by the target object, so that a reload that
 * changes how a target is verified never meets connections made before.
 */
export class UpstreamPool implements UpstreamHome, Deadlined {
  deadline: number;
  readonly responseHead: ResponseHead;
  readonly mostHeadBytes: number;
  readonly mostFields: number;
  readonly #deadlines: Deadlines;
  readonly #idle = new Map<Target, Http1Upstream[]>();
  readonly #open = new Set<Http1Upstream>();
  #closed = false;

  constructor(limits: Limits, deadlines: Deadlines) {
    this.#deadlines = deadlines;
    this.mostHeadBytes = limits.headBytes;
    this.mostFields = limits.headFields;
    this.responseHead = new ResponseHead(limits.headFields);
    this.deadline = deadlines.in(idleMargin);
    deadlines.add(this);
  }

  /** A connection to `target`: an idle one if there is any, else one that is being dialled. `once`: the request cannot be repeated. */
  take(target: Target, once: boolean): Http1Upstream {
    const stack = this.#idle.get(target);
    const { now } = this.#deadlines;
    while (stack !== undefined && stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const idle = now - top.idleSince;
      if (once && idle > freshTime) break;
      stack.pop();
      if (idle < top.keptFor) return top;
      top.destroy();
    }
    return this.dial(target);
  }

  dial(target: Target): Http1Upstream {
    const connection = new Http1Upstream(target, this);
    connection.keptFor = idleTime;
    this.#open.add(connection);
    return connection;
  }

  release(connection: Http1Upstream): void {
    if (this.#closed) return connection.destroy();
    const { target } = connection;
    let stack = this.#idle.get(target);
    if (stack === undefined) {
      stack = [];
      this.#idle.set(target, stack);
    }
    if (stack.length >= mostIdle) return connection.destroy();
    const promised = connection.promisedSeconds;
    if (promised >= 0) connection.keptFor = Math.min(promised * 1000 - idleMargin, longestIdleTime);
    connection.idleSince = this.#deadlines.now;
    stack.push(connection);
  }

  forget(connection: Http1Upstream): void {
    this.#open.delete(connection);
    const stack = this.#idle.get(connection.target);
    const index = stack?.lastIndexOf(connection) ?? -1;
    if (index >= 0) stack?.splice(index, 1);
  }

  /** Closes what has been idle for too long. */
  onDeadline(): void {
    this.deadline = this.#deadlines.in(idleMargin);
    for (const [target, stack] of this.#idle) {
      for (const connection of [...stack]) {
        if (this.#deadlines.now - connection.idleSince >= connection.keptFor) connection.destroy();
      }
      if (stack.length === 0) this.#idle.delete(target);
    }
  }

  /** Closes idle connections; those at work close when they are done, because this pool keeps nothing any more. */
  close(): void {
    this.#closed = true;
    this.#deadlines.remove(this);
    for (const stack of this.#idle.values()) for (const connection of [...stack]) connection.destroy();
    this.#idle.clear();
  }

  /** Resets every connection, idle or not. */
  kill(): void {
    this.close();
    for (const connection of [...this.#open]) connection.destroy();
  }
}
