import type { Target } from '../../model/site.ts';
import type { NameAddresses } from '../../model/target-news.ts';
import type { ResponseHead } from '../../wire/http1/response-head.ts';
import type { Deadlines } from '../deadlines.ts';
import { Http1Upstream, type UpstreamHome } from './http1-upstream.ts';
import { Http2Origin, type Http2OriginHome } from './http2-origin.ts';
import type { Upstream } from './upstream.ts';

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

/** What the endpoints of a worker share. */
export interface EndpointHome {
  readonly deadlines: Deadlines;
  readonly responseHead: ResponseHead;
  readonly mostHeadBytes: number;
  readonly mostFields: number;
  readonly http2: Http2OriginHome;
}

/** Whoever waits for room at an endpoint. */
export interface EndpointWaiter {
  /** A request has ended there. */
  endpointFree(): void;
}

/** The connections to one target: those at work, and idle ones, of which the one used last is used first. */
export class Endpoint implements UpstreamHome {
  readonly target: Target;
  /** Most requests at a time; 0: no limit. */
  readonly maxConnections: number;
  readonly responseHead: ResponseHead;
  readonly mostHeadBytes: number;
  readonly mostFields: number;
  /** Requests under way. */
  active = 0;
  /** What the target's name stands for; null: the system resolves it when a connection is made. */
  addresses: NameAddresses | null = null;
  /** Counts changes of the addresses after which earlier connections are not used again. */
  generation = 0;
  /** Told each time a request ends. */
  readonly waiters = new Set<EndpointWaiter>();
  readonly #deadlines: Deadlines;
  readonly #idle: Http1Upstream[] = [];
  readonly #open = new Set<Http1Upstream>();
  readonly #origin: Http2Origin | null;
  #closed = false;

  constructor(target: Target, maxConnections: number, home: EndpointHome) {
    this.target = target;
    this.maxConnections = maxConnections;
    this.#deadlines = home.deadlines;
    this.responseHead = home.responseHead;
    this.mostHeadBytes = home.mostHeadBytes;
    this.mostFields = home.mostFields;
    this.#origin = target.kind === 'tcp' && target.http2 ? new Http2Origin(target, home.http2, this) : null;
  }

  /** Open connections, idle ones too. */
  get connections(): number {
    return this.#open.size + (this.#origin?.connections ?? 0);
  }

  get full(): boolean {
    return this.maxConnections > 0 && this.active >= this.maxConnections;
  }

  /** A connection: an idle one if there is any, else one that is being dialled. `once`: the request cannot be repeated. */
  take(once: boolean): Upstream {
    if (this.#origin !== null) return this.#origin.take();
    const stack = this.#idle;
    const { now } = this.#deadlines;
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const idle = now - top.idleSince;
      if (once && idle > freshTime) break;
      stack.pop();
      if (idle < top.keptFor) return top;
      top.destroy();
    }
    return this.dial();
  }

  /** A connection that has not been used before; for an HTTP/2 target, any that can be. */
  dial(): Upstream {
    if (this.#origin !== null) return this.#origin.take();
    if (this.maxConnections > 0 && this.#open.size >= this.maxConnections) this.#idle[0]?.destroy();
    const connection = new Http1Upstream(this.target, this);
    connection.keptFor = idleTime;
    this.#open.add(connection);
    return connection;
  }

  /** The target's name stands for these addresses from now on. Connections to others are not used again. */
  resolved(addresses: NameAddresses | null): void {
    const before = this.addresses;
    this.addresses = addresses;
    if (addresses === null || before === null || before.addresses.every((one) => addresses.addresses.includes(one)))
      return;
    this.generation++;
    for (const connection of [...this.#idle]) connection.destroy();
    this.#origin?.leave();
  }

  /** A request has begun. */
  begun(): void {
    this.active++;
  }

  /** A request has ended, however. */
  ended(): void {
    this.active--;
    if (this.waiters.size > 0) for (const waiter of this.waiters) waiter.endpointFree();
  }

  release(connection: Http1Upstream): void {
    if (this.#closed || this.#idle.length >= mostIdle || connection.generation !== this.generation) {
      return connection.destroy();
    }
    const promised = connection.promisedSeconds;
    if (promised >= 0) connection.keptFor = Math.min(promised * 1000 - idleMargin, longestIdleTime);
    connection.idleSince = this.#deadlines.now;
    this.#idle.push(connection);
  }

  forget(connection: Http1Upstream): void {
    this.#open.delete(connection);
    const index = this.#idle.lastIndexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  /** Closes what has been idle for too long. */
  sweep(): void {
    if (this.#idle.length === 0) return;
    for (const connection of [...this.#idle]) {
      if (this.#deadlines.now - connection.idleSince >= connection.keptFor) connection.destroy();
    }
  }

  /** Closes idle connections; those at work close when they are done, because nothing is kept any more. */
  close(): void {
    this.#closed = true;
    for (const connection of [...this.#idle]) connection.destroy();
    this.#origin?.close();
  }

  /** Resets every connection, idle or not. */
  kill(): void {
    this.close();
    for (const connection of [...this.#open]) connection.destroy();
    this.#origin?.kill();
  }
}
