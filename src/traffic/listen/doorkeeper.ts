import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { noLogins } from '../../model/auth.ts';
import type { Clock } from '../../model/clock.ts';
import { describeError } from '../../model/errors.ts';
import { defaultLimits } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import type { Snapshot } from '../../model/settings.ts';
import type { CertificatePair } from '../../model/site.ts';
import { alerts } from '../../wire/tls/alert.ts';
import type { ClientHelloMessage } from '../../wire/tls/client-hello-message.ts';
import type { AcceptedConnection } from '../exchange/accepted-connection.ts';
import { Admission } from './admission.ts';
import { Arrival, type ArrivalFailure, type ArrivalHost, type Handover } from './arrival.ts';
import { type ConnectionFacts, factsOf, toldFacts } from './connection-facts.ts';
import type { ListenCounters } from './counters.ts';
import type { Crowd } from './crowd.ts';
import { readIntroduction } from './introduction.ts';
import { SiteTable } from './site-table.ts';
import { RotatingTicketKeys, type TicketKeys } from './ticket-keys.ts';
import { createTlsServer } from './tls-policy.ts';
import { type HandshakeEvents, listenTo } from './tls-site.ts';

/** What every listener shares. */
export interface DoorkeeperOptions {
  /** Takes over a connection that is ready for requests; must add its 'data' listener before it returns. */
  readonly onConnection: (connection: AcceptedConnection) => void;
  readonly log: Log;
  readonly counters: ListenCounters;
  /** Times the rotation of ticket keys; the machine's own clock unless given. */
  readonly clock?: Clock;
  /** Keys of the listeners' own, which rotate, unless given. */
  readonly ticketKeys?: TicketKeys;
  /** Who is connected to other workers; nobody unless given. */
  readonly crowd?: Crowd;
  /**
   * The certificate that answers a tls-alpn-01 challenge for this name (RFC 8737), if one is pending.
   * Asked only for clients that offer `acme-tls/1` and nothing else.
   */
  readonly challengeCertificate?: (serverName: string) => CertificatePair | undefined;
}

/** ALPN name of RFC 8737 section 6.2. */
const challengeProtocol = 'acme-tls/1';
/** Least time between two log lines about a reached limit. */
const limitLogInterval = 10_000;

/** A listening socket, as far as what is accepted from it goes. */
export interface DoorKind {
  readonly scheme: 'http' | 'https';
  /** Connections are introduced by the PROXY protocol. */
  readonly proxied: boolean;
}

/** Longest wait for handshakes when nothing more is accepted, milliseconds: a browser may have connected and say nothing. */
const arrivalTime = { hasty: 1_500, patient: 10_000 };

function ignore(): void {}

/** Decides about each accepted socket: counts it, finds its site, has TLS done, passes it on. */
export class Doorkeeper implements ArrivalHost, HandshakeEvents {
  readonly #options: DoorkeeperOptions;
  readonly #keys: TicketKeys;
  readonly #admission: Admission;
  /** With the address each is counted under. */
  readonly #open = new Map<Socket, string>();
  /** Those of them that are not passed on yet. */
  readonly #arriving = new Set<Socket>();
  #onArrived: (() => void) | null = null;
  /** Arrivals that a TLS server works on, by their TCP socket. */
  readonly #shaking = new Map<Socket, Arrival>();
  readonly #challenges = new WeakMap<CertificatePair, Server>();
  #snapshot: Snapshot = { sites: [], trustedProxies: [], http2: true, limits: defaultLimits, logins: noLogins };
  #table = SiteTable.empty;
  #limitLoggedAt = 0;

  constructor(options: DoorkeeperOptions) {
    this.#options = options;
    this.#admission = new Admission(options.crowd ?? null);
    this.#keys = options.ticketKeys ?? new RotatingTicketKeys(options.clock);
    this.#keys.start(() => {
      this.#table = SiteTable.build(this.#snapshot, this.#keys, this, SiteTable.empty);
    });
  }

  /** Serves from `snapshot` from now on; throws a UserError and changes nothing when one of its certificates cannot be used. */
  apply(snapshot: Snapshot): void {
    this.#table = SiteTable.build(snapshot, this.#keys, this, this.#table);
    this.#snapshot = snapshot;
    this.#admission.configure(snapshot);
  }

  /** Throws what {@link apply} would throw. */
  check(snapshot: Snapshot): void {
    SiteTable.build(snapshot, this.#keys, this, this.#table);
  }

  /** Takes in a socket that was just accepted. */
  accept(raw: Socket, { scheme, proxied }: DoorKind): void {
    const { counters } = this.#options;
    counters.accepted++;
    raw.on('error', ignore);
    const facts = factsOf(raw);
    if (facts === null) {
      raw.destroy();
      return;
    }
    const limit = this.#admission.enter(facts.remoteAddress);
    if (limit !== null) {
      this.#turnAway(raw, facts.remoteAddress, limit);
      return;
    }
    counters.open++;
    this.#open.set(raw, facts.remoteAddress);
    this.#arriving.add(raw);
    raw.once('close', () => this.#left(raw));
    if (proxied) this.#awaitIntroduction(raw, facts, scheme);
    else this.#begin(raw, facts, scheme, this.#snapshot.limits.handshakeTimeout);
  }

  #left(raw: Socket): void {
    this.#options.counters.open--;
    this.#admission.leave(this.#open.get(raw)!);
    this.#open.delete(raw);
    this.#shaking.delete(raw);
    this.#arrivedOrGone(raw);
  }

  #arrivedOrGone(raw: Socket): void {
    this.#arriving.delete(raw);
    if (this.#arriving.size === 0) this.#onArrived?.();
  }

  /** Resolves when no connection is at its handshake, or after {@link arrivalTime}. */
  async arrived(isPatient: boolean): Promise<void> {
    if (this.#arriving.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, isPatient ? arrivalTime.patient : arrivalTime.hasty);
    this.#onArrived = resolve;
    await promise;
    clearTimeout(timer);
  }

  #begin(raw: Socket, facts: ConnectionFacts, scheme: DoorKind['scheme'], timeout: number): void {
    const arrival = new Arrival(raw, facts, this);
    if (scheme === 'https') arrival.start(timeout);
    else this.#pass(arrival.plain());
  }

  /**
   * On a port with the PROXY protocol. Who is no trusted proxy may say nothing of others, and only from this machine that it
   * speaks for itself: so the gate's own look at what it serves gets in.
   */
  #awaitIntroduction(raw: Socket, facts: ConnectionFacts, scheme: DoorKind['scheme']): void {
    const { remoteAddress, acceptedAt } = facts;
    const trusted = this.#admission.isTrusted(remoteAddress);
    if (!trusted && !isLoopback(remoteAddress)) return this.#refuseIntroduction(raw, remoteAddress, 'no trusted proxy');
    const timeout = this.#snapshot.limits.handshakeTimeout;
    readIntroduction(raw, timeout, (outcome) => {
      if (typeof outcome === 'string') return this.#refuseIntroduction(raw, remoteAddress, outcome);
      if (!trusted && !outcome.local) return this.#refuseIntroduction(raw, remoteAddress, 'no trusted proxy');
      const told = toldFacts(facts, outcome.ends);
      const limit = this.#admission.move(remoteAddress, told.remoteAddress);
      if (limit !== null) return this.#turnAway(raw, told.remoteAddress, limit);
      this.#open.set(raw, told.remoteAddress);
      this.#begin(raw, told, scheme, timeout === 0 ? 0 : Math.max(1, acceptedAt + timeout - Date.now()));
      raw.resume();
    });
  }

  #refuseIntroduction(raw: Socket, client: string, reason: string): void {
    this.#options.counters.refusedIntroductions++;
    this.#options.log.info('connection without a PROXY header that is believed', { client, reason });
    raw.resetAndDestroy();
  }

  /** Resets every connection; resolves when all are gone. */
  async resetAll(): Promise<void> {
    const open = [...this.#open.keys()];
    const gone = open.map((raw) => new Promise((resolve) => raw.once('close', resolve)));
    for (const raw of open) raw.resetAndDestroy();
    await Promise.all(gone);
  }

  stop(): void {
    this.#keys.stop();
  }

  handover(hello: ClientHelloMessage, localAddress: string): Handover {
    const { serverName, alpn, tickets } = hello;
    if (alpn.length === 1 && alpn[0] === challengeProtocol) return this.#challenge(serverName);
    const found = this.#table.find(serverName, localAddress);
    if (found) return { kind: 'site', site: found.site, server: found.servers.select(tickets) };
    return { kind: 'refuse', alert: alerts.unrecognizedName, reason: this.#whyRefused(serverName) };
  }

  #whyRefused(serverName: string): string {
    if (this.#table.isWaiting(serverName)) return 'the certificate of this site is not there yet';
    return serverName === '' ? 'no server name and more than one site' : 'no site has this name';
  }

  handedOver(arrival: Arrival): void {
    this.#shaking.set(arrival.raw, arrival);
  }

  failed(arrival: Arrival, { kind, reason }: ArrivalFailure): void {
    const { counters, log } = this.#options;
    this.#shaking.delete(arrival.raw);
    counters.failedHandshakes++;
    if (kind === 'refused-name') counters.refusedNames++;
    if (kind === 'plain-http') counters.plainHttp++;
    log.info('TLS handshake failed', {
      client: arrival.facts.remoteAddress,
      name: arrival.serverName === '' ? undefined : arrival.serverName,
      reason,
    });
  }

  handshakeFinished(socket: TLSSocket): void {
    socket.on('error', ignore);
    const arrival = this.#take(socket);
    if (!arrival) {
      socket.destroy();
      return;
    }
    arrival.done();
    if (arrival.isChallenge) {
      socket.destroySoon();
      return;
    }
    socket.allowHalfOpen = true;
    this.#pass(arrival.secured(socket));
  }

  handshakeFailed(error: Error, socket: TLSSocket): void {
    this.#take(socket)?.fail(reasonOf(error));
    socket.destroy();
  }

  #take(socket: TLSSocket): Arrival | undefined {
    const raw: unknown = Reflect.get(socket, '_parent');
    // Node keeps the wrapped socket in `_parent` and has no public name for it.
    const arrival = this.#shaking.get(raw as Socket);
    if (arrival) this.#shaking.delete(arrival.raw);
    return arrival;
  }

  #pass(connection: AcceptedConnection): void {
    this.#arrivedOrGone(connection.raw);
    try {
      this.#options.onConnection(connection);
    } catch (error) {
      this.#options.log.error('connection dropped', { client: connection.remoteAddress, reason: describeError(error) });
      connection.raw.destroy();
    }
  }

  #challenge(serverName: string): Handover {
    const pair = this.#options.challengeCertificate?.(serverName);
    if (!pair)
      return { kind: 'refuse', alert: alerts.noApplicationProtocol, reason: 'no challenge pending for this name' };
    let server = this.#challenges.get(pair);
    if (!server) {
      const purpose = `challenge ${serverName}`;
      server = listenTo(createTlsServer({ purpose, pairs: [pair], protocols: [challengeProtocol] }), this);
      this.#challenges.set(pair, server);
    }
    return { kind: 'challenge', site: null, server };
  }

  #turnAway(raw: Socket, client: string, limit: string): void {
    this.#options.counters.overLimit++;
    raw.resetAndDestroy();
    const now = Date.now();
    if (now - this.#limitLoggedAt < limitLogInterval) return;
    this.#limitLoggedAt = now;
    this.#options.log.warn('connection limit reached, connections are being refused', { client, limit });
  }
}

function reasonOf(error: Error): string {
  if ('reason' in error && typeof error.reason === 'string') return error.reason;
  return describeError(error);
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
