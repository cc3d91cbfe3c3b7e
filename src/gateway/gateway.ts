import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { systemDisk } from '../control/certificates/vault/disk.ts';
import { acquireLock, type Lock } from '../control/certificates/vault/lock.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import type { Settings, Snapshot } from '../model/settings.ts';
import type { CertificatePair, Route } from '../model/site.ts';
import type { SiteStatus, Status } from '../model/status.ts';
import { version } from '../model/version.ts';
import { ListenError } from '../traffic/listen/bind.ts';
import { createListeners, type Listeners } from '../traffic/listen/listeners.ts';
import { type Logs, openLogs } from '../traffic/record/logs.ts';
import { Worker } from '../traffic/worker.ts';
import { explainListenFailure } from './listen-failure.ts';
import { SiteCertificates } from './site-certificates.ts';

/** An address that is being listened on, with the port the system chose where 0 was asked for. */
export interface BoundAddress {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/** A running gateway: both planes, joined. */
export interface Gateway {
  readonly addresses: readonly BoundAddress[];
  /** The error log of this gateway. */
  readonly log: Log;
  status(): Status;
  /**
   * Serves `settings` from now on. Rejects with a UserError and changes nothing when they cannot be served.
   * Exchanges in flight finish under the settings they began with.
   */
  reload(settings: Settings): Promise<void>;
  /** Closes and opens log files again by path, for log rotation. */
  reopenLogs(): Promise<void>;
  /** Stops accepting, lets running exchanges finish within `limits.drainTimeout`, then closes what is left. */
  stop(): Promise<void>;
  /** Ends at once: every connection is reset. */
  kill(): void;
}

/** Starts serving; rejects with a UserError when a port or a file is not to be had. */
export async function startGateway(settings: Settings, clock: Clock = systemClock): Promise<Gateway> {
  const logs = openLogs(settings.logs);
  const gateway = new RunningGateway(settings, logs, clock);
  try {
    await gateway.start();
  } catch (error) {
    await gateway.abandon();
    throw error;
  }
  return gateway;
}

class RunningGateway implements Gateway {
  readonly #logs: Logs;
  readonly #clock: Clock;
  readonly #listeners: Listeners;
  readonly #worker: Worker;
  readonly #startedAt: number;
  #settings: Settings;
  #certificates: SiteCertificates | null = null;
  /** Held on the state directory, so that no second gateway renews the same certificates. */
  #lock: Lock | null = null;
  #configuredAt: number;
  #reloads = 0;

  constructor(settings: Settings, logs: Logs, clock: Clock) {
    this.#settings = settings;
    this.#logs = logs;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#configuredAt = this.#startedAt;
    const nothing: Snapshot = { sites: [], trustedProxies: [], http2: true, limits: settings.limits };
    this.#worker = new Worker(nothing, null, { log: logs.errors, access: logs.access });
    this.#listeners = createListeners({
      onConnection: (connection) => this.#worker.accept(connection),
      log: logs.errors,
      clock,
    });
  }

  get addresses(): readonly BoundAddress[] {
    return this.#listeners.addresses();
  }

  get log(): Log {
    return this.#logs.errors;
  }

  async start(): Promise<void> {
    this.#lock = await lockState(this.#settings.state);
    this.#certificates = await this.#openCertificates(this.#settings);
    await this.#serve(this.#settings, this.#certificates);
  }

  /** Gives back what a start that failed has taken. */
  async abandon(): Promise<void> {
    this.kill();
    await this.#lock?.release();
    await this.#logs.close();
  }

  async reload(settings: Settings): Promise<void> {
    const moves = settings.state !== this.#settings.state;
    const lock = moves ? await lockState(settings.state) : this.#lock;
    try {
      await this.#change(settings);
    } catch (error) {
      if (moves) await lock?.release();
      throw error;
    }
    if (moves) await this.#lock?.release();
    this.#lock = lock;
    this.#settings = settings;
    this.#configuredAt = this.#clock.now();
    this.#reloads++;
  }

  async #change(settings: Settings): Promise<void> {
    const certificates = await this.#openCertificates(settings);
    try {
      await this.#serve(settings, certificates);
      await this.#logs.change(settings.logs);
    } catch (error) {
      certificates.close();
      throw error;
    }
    this.#certificates?.close();
    this.#certificates = certificates;
  }

  reopenLogs(): Promise<void> {
    return this.#logs.reopen();
  }

  async stop(): Promise<void> {
    this.#certificates?.close();
    await this.#listeners.stopAccepting();
    await this.#worker.drain(this.#settings.limits.drainTimeout);
    await this.#listeners.close();
    await this.#lock?.release();
    await this.#logs.close();
  }

  kill(): void {
    this.#certificates?.close();
    this.#worker.kill();
    void this.#listeners.close();
  }

  status(): Status {
    const { counters } = this.#worker.context;
    const listen = this.#listeners.counters;
    return {
      version,
      pid: process.pid,
      startedAt: new Date(this.#startedAt).toISOString(),
      configFile: this.#settings.file,
      configuredAt: new Date(this.#configuredAt).toISOString(),
      reloads: this.#reloads,
      listeners: this.addresses,
      sites: this.#settings.sites.map((site) => ({
        name: site.name,
        names: site.names,
        tls: site.tls.mode,
        ...certificateStatus(this.#certificates?.pairsOf(site.name) ?? []),
        routes: site.routes.map((route) => ({ path: route.path, to: destinationOf(route) })),
      })),
      counters: {
        connections: listen.open,
        tunnels: this.#worker.openTunnels,
        acceptedConnections: listen.accepted,
        requests: counters.requests,
        refusedRequests: counters.refused,
        upstreamFailures: counters.upstreamFailures,
        failedHandshakes: listen.failedHandshakes,
      },
      memory: { rssBytes: process.memoryUsage.rss() },
    };
  }

  #openCertificates(settings: Settings): Promise<SiteCertificates> {
    return SiteCertificates.open(settings, {
      clock: this.#clock,
      log: this.#logs.errors,
      onChanged: () => this.#applyCertificates(),
    });
  }

  /** Publishes the settings in use again, with the certificates they have now: the same door as a reload. */
  #applyCertificates(): void {
    if (this.#certificates === null) return;
    const snapshot = snapshotOf(this.#settings, this.#certificates);
    this.#listeners.apply(snapshot);
    this.#worker.apply(snapshot, this.#httpsPort());
  }

  async #serve(settings: Settings, certificates: SiteCertificates): Promise<void> {
    const snapshot = snapshotOf(settings, certificates);
    try {
      await this.#listeners.serve(snapshot, settings.listen);
    } catch (error) {
      throw error instanceof ListenError ? await explainListenFailure(error.cause, error.address) : error;
    }
    this.#worker.apply(snapshot, this.#httpsPort());
  }

  #httpsPort(): number | null {
    return this.addresses.find(({ scheme }) => scheme === 'https')?.port ?? null;
  }
}

function lockState(state: string): Promise<Lock> {
  return acquireLock({ path: join(state, 'lock'), purpose: 'run', disk: systemDisk });
}

function snapshotOf(settings: Settings, certificates: SiteCertificates): Snapshot {
  return Object.freeze({
    sites: settings.sites.map((site) => Object.freeze({ ...site, certificates: certificates.pairsOf(site.name) })),
    trustedProxies: settings.trustedProxies,
    http2: settings.http2,
    limits: settings.limits,
  });
}

function certificateStatus(pairs: readonly CertificatePair[]): Pick<SiteStatus, 'certificate'> {
  const [pair] = pairs;
  if (pair === undefined) return {};
  const { validTo, issuer } = new X509Certificate(pair.chain);
  return { certificate: { notAfter: new Date(validTo).toISOString(), issuer: issuer.replaceAll('\n', ', ') } };
}

function destinationOf({ action }: Route): string {
  return action.kind === 'proxy' ? action.target.name : `${action.status} ${action.location}`;
}
