import type { BlockList } from 'node:net';
import { type Clock, systemClock } from '../model/clock.ts';
import type { Limits } from '../model/limits.ts';
import type { Log } from '../model/log.ts';
import type { Snapshot } from '../model/settings.ts';
import type { TargetStatus } from '../model/status.ts';
import type { TargetNews } from '../model/target-news.ts';
import { identifyName } from '../wire/http1/field-names.ts';
import { HeadWriter } from '../wire/http1/head-writer.ts';
import { ArenaPool } from '../wire/http2/arena.ts';
import { defaultHttp2Settings, Http2Context } from '../wire/http2/context.ts';
import { FieldIds } from '../wire/http2/fields/field-ids.ts';
import type { ClientConnection, ConnectionHome } from './connection/connection-home.ts';
import { Http1Connection } from './connection/http1-connection.ts';
import { Http2Connection } from './connection/http2-connection.ts';
import { Deadlines } from './deadlines.ts';
import type { AcceptedConnection } from './exchange/accepted-connection.ts';
import { Exchange } from './exchange/exchange.ts';
import { ExchangeRecorder } from './exchange/exchange-recorder.ts';
import type { ExchangeCounters, TrafficContext } from './exchange/traffic-context.ts';
import type { Tunnel } from './exchange/tunnel.ts';
import type { Flushable } from './flusher.ts';
import type { GuardHome, GuardNews } from './guard/guard-home.ts';
import { LoginDesk } from './guard/passwords/login-desk.ts';
import { RateTables } from './guard/rates/rate-tables.ts';
import { compileNetworks, isIn } from './networks.ts';
import type { AccessLog } from './record/logs.ts';
import { RoutingTable } from './route/routing-table.ts';
import { trustId } from './shown-certificate.ts';
import { Upstreams } from './upstream/upstreams.ts';

/** Holds the largest head and the first read of a body. */
const writerSize = 320 * 1024;
/** Pieces of answers in one turn of the event loop that are few: a turn this short delays nobody. */
const mostTrickle = 16;
/** Exchanges kept for the next requests; more are made and dropped as needed. */
const mostFreeExchanges = 1024;

export interface WorkerOptions {
  readonly log: Log;
  readonly access: AccessLog;
  /** See {@link TrafficContext.challengeResponse}; none when absent. */
  readonly challengeResponse?: (token: string) => string | undefined;
  /** The machine's own unless given. */
  readonly clock?: Clock;
  /** Called with what the other workers should know; see {@link GuardHome.tell}. */
  readonly onNews?: (news: GuardNews) => void;
}

export interface DrainManner {
  /** Settles when those who are connecting have come in, or will not. */
  readonly arrivals?: Promise<void>;
  /** Every client is answered once more on the connection it keeps open; absent: no. */
  readonly isPatient?: boolean;
}

/** The data plane of one process: takes accepted connections and serves them from the snapshot it was last given. */
export class Worker implements ConnectionHome {
  readonly context: TrafficContext;
  readonly #access: AccessLog;
  readonly #upstreams: Upstreams;
  readonly #connections = new Set<ClientConnection>();
  readonly #tunnels = new Set<Tunnel>();
  #free: Exchange[] = [];
  #toFlush: Flushable[] = [];
  #spareList: Flushable[] = [];
  trickles = false;
  /** Pieces of answers in this turn of the event loop. */
  #answers = 0;
  #draining = false;
  #isPatient = false;
  #patience = 0;
  #emptied: (() => void) | null = null;

  constructor(snapshot: Snapshot, httpsPort: number | null, options: WorkerOptions) {
    const { log, access, challengeResponse, clock = systemClock, onNews = () => {} } = options;
    const rates = new RateTables(clock, (news) => onNews({ ...news }));
    const logins = new LoginDesk({ clock, tell: onNews });
    const endpointOf: GuardHome['endpointOf'] = (target) => this.#upstreams.endpointOf(target);
    const guards: GuardHome = { log, clock, tell: onNews, rates, logins, endpointOf };
    guards.logins.use(snapshot.logins);
    this.#access = access;
    const deadlines = new Deadlines();
    const limits = bounded(snapshot.limits);
    const http2 = http2ContextOf(limits);
    const tunnels = this.#tunnels;
    const counters: ExchangeCounters = { requests: 0, refused: 0, upstreamFailures: 0 };
    this.#upstreams = new Upstreams(deadlines, this);
    this.#upstreams.apply(snapshot.sites, limits, appHttp2ContextOf(limits, http2));
    this.context = {
      table: new RoutingTable(snapshot.sites, guards, this.#upstreams),
      limits,
      trustedProxies: trustedNetworks(snapshot),
      httpsPort,
      http2,
      deadlines,
      challengeResponse: challengeResponse ?? null,
      writer: new HeadWriter(writerSize),
      log,
      recorder: access.enabled ? new ExchangeRecorder(access) : null,
      counters,
      guards,
      get tunnelIdle() {
        return this.limits.tunnelIdle;
      },
      tunnelOpened: (tunnel) => tunnels.add(tunnel),
      tunnelClosed: (tunnel) => tunnels.delete(tunnel),
    };
  }

  get openConnections(): number {
    return this.#connections.size;
  }

  get openTunnels(): number {
    return this.#tunnels.size;
  }

  /** Serves `snapshot` from the next request on; exchanges and tunnels under way go on as they are. */
  apply(snapshot: Snapshot, httpsPort: number | null): void {
    const { context } = this;
    context.limits = bounded(snapshot.limits);
    context.trustedProxies = trustedNetworks(snapshot);
    context.httpsPort = httpsPort;
    context.http2 = http2ContextOf(context.limits, context.http2);
    context.recorder = this.#access.enabled ? new ExchangeRecorder(this.#access) : null;
    this.#upstreams.apply(snapshot.sites, context.limits, appHttp2ContextOf(context.limits, context.http2));
    context.guards.logins.use(snapshot.logins);
    this.#endTunnelsOfWhoIsOut();
    context.table = new RoutingTable(snapshot.sites, context.guards, this.#upstreams);
    for (const exchange of this.#free) context.deadlines.remove(exchange);
    this.#free = [];
    this.#leaveOtherTrust(snapshot);
    this.#endTunnelsOfRevoked(snapshot);
  }

  /** Lets go of connections whose clients have shown a certificate, or none, to a site that judges by other CAs or revocations now. */
  #leaveOtherTrust({ sites }: Snapshot): void {
    const trusts = new Map(sites.map(({ name, clientTrust }) => [name, trustId(clientTrust)]));
    for (const client of [...this.#connections]) {
      const { site, clientCertificate } = client.connection;
      const now = site === null ? undefined : trusts.get(site.name);
      if (now !== undefined && now !== (clientCertificate?.trust ?? '')) client.drain(0);
    }
  }

  /** Those with a good certificate keep their WebSockets when a revocation list is renewed. */
  #endTunnelsOfRevoked({ sites }: Snapshot): void {
    const revoked = new Map(sites.map(({ name, clientTrust }) => [name, new Set(clientTrust?.revoked)]));
    for (const tunnel of [...this.#tunnels]) {
      const { site, clientCertificate } = tunnel.connection;
      if (site && clientCertificate && revoked.get(site.name)?.has(clientCertificate.serial)) tunnel.endBoth();
    }
  }

  /** Heeds what the control plane knows about targets. */
  learnTargets(news: TargetNews): void {
    this.#upstreams.learn(news);
  }

  /** Facts about every target, as this worker sees it. */
  targets(): readonly TargetStatus[] {
    return this.#upstreams.status();
  }

  /** A user who is removed, or has got another password, loses WebSockets too. */
  #endTunnelsOfWhoIsOut(): void {
    const { logins } = this.context.guards;
    for (const tunnel of [...this.#tunnels]) if (tunnel.login !== null && logins.isOut(tunnel.login)) tunnel.endBoth();
  }

  /** Takes what another worker has told by `onNews`. */
  learn(news: GuardNews): void {
    this.context.guards.logins.learn(news);
    this.context.guards.rates.learn(news);
  }

  accept(connection: AcceptedConnection): void {
    const { trustedProxies } = this.context;
    const trusted = trustedProxies !== null && isIn(trustedProxies, connection.remoteAddress);
    const { remoteAddress: address, secure, clientCertificate: certificate } = connection;
    const peer = { address, secure, trusted, certificate };
    const Connection = connection.protocol === 'h2' ? Http2Connection : Http1Connection;
    const client = new Connection(connection, peer, this);
    this.#connections.add(client);
    if (this.#draining) client.drain(this.#patience, this.#isPatient);
  }

  takeExchange(): Exchange {
    return this.#free.pop() ?? new Exchange(this.context);
  }

  releaseExchange(exchange: Exchange): void {
    const { limits, deadlines } = this.context;
    if (this.#free.length < mostFreeExchanges && exchange.request.fields.capacity === limits.headFields) {
      this.#free.push(exchange);
    } else {
      deadlines.remove(exchange);
    }
  }

  flushLater(connection: Flushable): void {
    this.#toFlush.push(connection);
    if (this.#toFlush.length === 1) setImmediate(this.#flushAll);
  }

  noteAnswer(): void {
    this.#answers++;
  }

  readonly #flushAll = (): void => {
    const connections = this.#toFlush;
    this.trickles = this.#answers > 0 && this.#answers <= mostTrickle;
    this.#answers = 0;
    this.#toFlush = this.#spareList;
    for (const connection of connections) connection.flush();
    connections.length = 0;
    this.#spareList = connections;
  };

  connectionClosed(connection: ClientConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#emptied?.();
  }

  /**
   * Closes every connection when its exchange is done; patiently, so that no client finds closed what it has just sent a request over.
   * Resolves when none is left, or after `milliseconds`, when the rest is cut.
   */
  async drain(milliseconds: number, { arrivals, isPatient }: DrainManner = {}): Promise<void> {
    this.#draining = true;
    this.#isPatient = isPatient === true;
    this.#patience = isPatient ? Math.min(nextRequestTime, milliseconds / 2) : lastRequestTime;
    for (const connection of [...this.#connections]) connection.drain(this.#patience, isPatient);
    await arrivals;
    if (this.#connections.size > 0) await this.#emptyWithin(milliseconds);
    if (this.#connections.size > 0) {
      for (const tunnel of [...this.#tunnels]) tunnel.endBoth();
      await this.#emptyWithin(Math.min(milliseconds, 1_000));
    }
    this.kill();
  }

  /** Resets every connection. */
  kill(): void {
    for (const connection of [...this.#connections]) connection.kill();
    this.#upstreams.kill();
    this.context.deadlines.stop();
    this.context.guards.logins.stop();
  }

  #emptyWithin(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#emptied = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#connections.size === 0) this.#emptied();
    });
  }
}

/** Longest wait for the next request of an idle connection when there is no haste, milliseconds. */
const nextRequestTime = 10_000;
/** Longest wait for a request that is on its way when the worker stops, milliseconds. */
const lastRequestTime = 1_500;

/** HTTP/2 heads number their fields as everything above the wire does. */
const fieldIds = new FieldIds(identifyName);

/** HTTP/2 connections look at their clocks once a second: milliseconds by which progress may seem older than it is. */
const tickSlack = 1_500;

/** Output of an HTTP/2 connection is gathered in pieces of this size: one read of an app and the frames around it. */
const arenaSize = 260 * 1024;
/** What both sides of HTTP/2 bear in one head, whatever the limit. */
const longestHttp2Head = 64 * 1024;

/** Counters and output memory go on when the limits change. */
function http2ContextOf(limits: Limits, before?: Http2Context): Http2Context {
  const settings = {
    ...defaultHttp2Settings,
    headBytes: Math.min(limits.headBytes, longestHttp2Head),
    // The table has one place more, for `host`.
    headFields: limits.headFields - 1,
    stallTimeout: limits.bodyIdle === 0 ? 0 : limits.bodyIdle + tickSlack,
    settingsTimeout: limits.headTimeout,
  };
  return new Http2Context(settings, before?.arenas ?? new ArenaPool(arenaSize), fieldIds, before?.counters);
}

/** A client that does not read may keep this much of its answer waiting here. */
const appStreamWindow = 256 * 1024;

/**
 * For connections to apps. Their windows are wide enough for every stream at once, so that one client who does not read
 * never stops the answers to others on the same connection.
 */
function appHttp2ContextOf(limits: Limits, clients: Http2Context): Http2Context {
  const connectionWindow = defaultHttp2Settings.maxConcurrentStreams * appStreamWindow;
  const settings = {
    ...clients.settings,
    headFields: limits.headFields,
    maxStreamWindow: appStreamWindow,
    connectionWindow,
    maxConnectionWindow: connectionWindow,
    // Exchanges have time-outs of their own.
    stallTimeout: 0,
  };
  return new Http2Context(settings, clients.arenas, fieldIds);
}

const mostFields = 4096;
const mostHeadBytes = 16 * 1024 * 1024;

/** Heads stand in memory whole, so even "no limit" (0) ends somewhere. */
function bounded(limits: Limits): Limits {
  const headFields = Math.min(limits.headFields || mostFields, mostFields);
  return { ...limits, headBytes: limits.headBytes || mostHeadBytes, headFields };
}

function trustedNetworks({ trustedProxies }: Snapshot): BlockList | null {
  return trustedProxies.length === 0 ? null : compileNetworks(trustedProxies);
}
