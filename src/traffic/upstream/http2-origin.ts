import type { Target } from '../../model/site.ts';
import type { NameAddresses } from '../../model/target-news.ts';
import type { ResponseHead } from '../../wire/http1/response-head.ts';
import type { Http2Context } from '../../wire/http2/context.ts';
import type { Deadlines } from '../deadlines.ts';
import type { Flushable, Flusher } from '../flusher.ts';
import type { Http2RequestHead } from './http2-request-head.ts';
import { type Http2StreamHome, Http2Upstream } from './http2-upstream.ts';
import { Http2UpstreamConnection, type Http2UpstreamConnectionHome } from './http2-upstream-connection.ts';
import { busy, type UpstreamFailure } from './upstream-failure.ts';

/** Connections to one target that take requests. */
const mostConnections = 16;
/** Requests that wait for room. */
const mostWaiting = 1024;

const queueFull = busy(`${mostWaiting} requests wait for the app already`);

/** What the HTTP/2 targets of a worker share. */
export interface Http2OriginHome {
  readonly context: Http2Context;
  readonly deadlines: Deadlines;
  readonly flusher: Flusher;
  readonly connectTimeout: number;
  readonly requestHead: Http2RequestHead;
  readonly responseHead: ResponseHead;
  readonly upgradeHead: ResponseHead;
}

/**
 * The HTTP/2 connections to one target and the requests that wait for room on them. A request takes the first connection
 * with room, so that those not needed become idle; when none has any, another is made, up to a limit.
 */
export class Http2Origin implements Http2UpstreamConnectionHome, Http2StreamHome {
  readonly scheme: 'http' | 'https';
  readonly #target: Target;
  readonly #names: { readonly addresses: NameAddresses | null };
  readonly #home: Http2OriginHome;
  /** Those being made and those that take requests. */
  readonly #connections: Http2UpstreamConnection[] = [];
  /** Those that only finish what they carry. */
  readonly #leaving = new Set<Http2UpstreamConnection>();
  readonly #waiting = new Set<Http2Upstream>();
  /** Requests that a connection took at a time when last asked; a guess before. */
  #perConnection = 100;
  #closed = false;

  /** `names`: what the target's name stands for, as it changes. */
  constructor(target: Target, home: Http2OriginHome, names: { readonly addresses: NameAddresses | null }) {
    this.#names = names;
    this.#target = target;
    this.#home = home;
    this.scheme = target.kind === 'tcp' && target.tls !== null ? 'https' : 'http';
  }

  get context(): Http2Context {
    return this.#home.context;
  }

  get deadlines(): Deadlines {
    return this.#home.deadlines;
  }

  get connectTimeout(): number {
    return this.#home.connectTimeout;
  }

  get requestHead(): Http2RequestHead {
    return this.#home.requestHead;
  }

  get responseHead(): ResponseHead {
    return this.#home.responseHead;
  }

  get upgradeHead(): ResponseHead {
    return this.#home.upgradeHead;
  }

  get addresses(): NameAddresses | null {
    return this.#names.addresses;
  }

  /** Open ones, and those being made. */
  get connections(): number {
    return this.#connections.length + this.#leaving.size;
  }

  get connected(): boolean {
    return this.#connections.some((connection) => !connection.dialing);
  }

  /** One request to the target. */
  take(): Http2Upstream {
    return new Http2Upstream(this);
  }

  send(upstream: Http2Upstream): void {
    for (const connection of this.#connections) if (connection.hasRoom) return upstream.open(connection);
    if (this.#waiting.size >= mostWaiting) return upstream.failLater(queueFull);
    this.#waiting.add(upstream);
    this.#dialIfNeeded();
  }

  withdraw(upstream: Http2Upstream): void {
    this.#waiting.delete(upstream);
  }

  flushLater(connection: Flushable): void {
    this.#home.flusher.flushLater(connection);
  }

  connectionHasRoom(connection: Http2UpstreamConnection): void {
    const { peer, openStreams } = connection.wire;
    this.#perConnection = Math.max(1, Math.min(peer.maxConcurrentStreams, this.context.settings.maxConcurrentStreams));
    for (const upstream of this.#waiting) {
      if (!connection.hasRoom) break;
      this.#waiting.delete(upstream);
      upstream.openLate(connection);
    }
    if (this.#waiting.size > 0) this.#dialIfNeeded();
    else if (this.#closed && openStreams === 0) connection.leave();
  }

  connectionLeaves(connection: Http2UpstreamConnection): void {
    this.#forget(connection);
    this.#leaving.add(connection);
    this.#dialIfNeeded();
  }

  connectionClosed(connection: Http2UpstreamConnection, unmade: UpstreamFailure | null): void {
    this.#forget(connection);
    this.#leaving.delete(connection);
    if (unmade === null) return this.#dialIfNeeded();
    // Nobody waits for a connection that cannot be made, unless others may serve him.
    if (this.#connections.length > 0) return;
    const failed = [...this.#waiting];
    this.#waiting.clear();
    for (const upstream of failed) upstream.fail(unmade);
  }

  /** Closes what is idle; what is under way, or waits, goes on. */
  close(): void {
    this.#closed = true;
    if (this.#waiting.size > 0) return;
    for (const connection of [...this.#connections]) {
      if (connection.dialing || connection.wire.openStreams === 0) connection.leave();
    }
  }

  /** New requests get new connections; those under way go on. */
  leave(): void {
    for (const connection of [...this.#connections]) if (!connection.dialing) connection.leave();
  }

  kill(): void {
    for (const connection of [...this.#connections, ...this.#leaving]) connection.destroy();
  }

  #dialIfNeeded(): void {
    const dialing = this.#connections.filter((connection) => connection.dialing).length;
    if (this.#waiting.size <= dialing * this.#perConnection || this.#connections.length >= mostConnections) return;
    this.#connections.push(new Http2UpstreamConnection(this.#target, this));
  }

  #forget(connection: Http2UpstreamConnection): void {
    const index = this.#connections.indexOf(connection);
    if (index >= 0) this.#connections.splice(index, 1);
  }
}
