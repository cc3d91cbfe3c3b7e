import { join } from 'node:path';
import { Apps } from '../control/apps/apps.ts';
import type { Finding } from '../control/certificates/doctor/finding.ts';
import { systemDisk } from '../control/certificates/vault/disk.ts';
import { acquireLock, inheritedLock, type Lock } from '../control/certificates/vault/lock.ts';
import { type Owner, thisProcess } from '../control/certificates/vault/owner.ts';
import type { AppFacts, AppLine } from '../model/app.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import { describeError, UserError } from '../model/errors.ts';
import type { Log } from '../model/log.ts';
import type { BoundAddress, Settings, Snapshot } from '../model/settings.ts';
import type { CertificatePair, SiteSettings } from '../model/site.ts';
import type { CertificateFacts, Status, TargetStatus } from '../model/status.ts';
import { ListenError } from '../traffic/listen/bind.ts';
import { type Logs, openLogs } from '../traffic/record/logs.ts';
import { routesWithApps } from './app-targets.ts';
import type { DataPlane } from './data-plane.ts';
import { type CertificateSources, certificateFacts, statusOfGateway } from './gateway-status.ts';
import { importedGeneration } from './imported-certificate.ts';
import { explainListenFailure } from './listen-failure.ts';
import { LocalPlane } from './local-plane.ts';
import { accountToBecome, appsWithUsers, PrivilegeDrop, RootPrivileges, staysRoot } from './privileges.ts';
import { PublicCertificates } from './public-certificates.ts';
import { findNotServed } from './served-check.ts';
import { shareOut } from './share-out.ts';
import { SiteCertificates } from './site-certificates.ts';
import { SiteLogins } from './site-logins.ts';
import { takeActivatedSockets } from './systemd/activated-sockets.ts';
import { TargetWatch } from './target-watch.ts';
import type { Bequest } from './upgrade/messages.ts';
import type { Predecessor } from './upgrade/predecessor.ts';
import { ForkedPlane } from './workers/forked-plane.ts';

/** A running gateway: both planes, joined. */
export interface Gateway {
  readonly addresses: readonly BoundAddress[];
  /** What is served now. */
  readonly settings: Settings;
  /** The error log of this gateway. */
  readonly log: Log;
  status(): Promise<Status>;
  /**
   * Serves `settings` from now on. Rejects with a UserError and changes nothing when they cannot be served.
   * Exchanges in flight finish under the settings they began with.
   */
  reload(settings: Settings): Promise<void>;
  /**
   * Orders the certificate of the site `name` from its CA now; `force` also spends the last one the CA's limits allow.
   * Resolves when it is served. Rejects with a UserError `unknown-certificate`, or `order-…` that says why there is none.
   */
  renewCertificate(name: string, force: boolean): Promise<CertificateFacts>;
  /** What the CAs would say to an order for the site `name`; places none. Rejects with a UserError `unknown-certificate`. */
  examineCertificate(name: string): Promise<readonly Finding[]>;
  /** Serves a certificate that was got elsewhere until its own renewal is due. Rejects with a UserError when it does not fit. */
  importCertificate(name: string, pair: CertificatePair): Promise<CertificateFacts>;
  /**
   * Sends no more requests to a target of a site, by their names, or sends them again; returns what is still under way there. Rejects with a
   * UserError `unknown-site` or `unknown-target`.
   */
  drainTarget(site: string, target: string, wanted: boolean): Promise<readonly TargetStatus[]>;
  /** Starts an app anew and resolves when the new one serves. Rejects with a UserError `unknown-app` or `app-not-ready`. */
  restartApp(name: string): Promise<AppFacts>;
  /** What an app printed last. Throws a UserError `unknown-app`. */
  appLines(name: string): readonly AppLine[];
  /** Closes and opens log files again by path, for log rotation. */
  reopenLogs(): Promise<void>;
  /** Stops accepting, lets running exchanges finish within `limits.drainTimeout`, then closes what is left. */
  stop(): Promise<void>;
  /** Ends at once: every connection is reset. */
  kill(): void;
  /** What a successor needs to serve beside this one. */
  bequest(): Bequest;
  /** Renews nothing any more and gives the lock on the state directory to `owner`; serves on. */
  handOver(owner: Owner): Promise<void>;
  /** The inverse of {@link handOver}. */
  takeBack(): Promise<void>;
  /** Takes over what the predecessor that it was started with held: from now on this one renews. */
  succeed(predecessor: Predecessor): Promise<void>;
}

/** A way to time, and whoever left the listening sockets; both are optional. */
export interface StartOptions {
  readonly clock?: Clock;
  readonly bequest?: Bequest;
}

/** Starts serving; rejects with a UserError when a port or a file is not to be had. */
export async function startGateway(settings: Settings, options: StartOptions = {}): Promise<Gateway> {
  const { clock = systemClock, bequest = null } = options;
  // Workers write the access log themselves.
  const logs = openLogs(forks(settings) ? { ...settings.logs, access: 'off' } : settings.logs);
  const gateway = new RunningGateway(settings, logs, clock, bequest);
  try {
    await gateway.start();
  } catch (error) {
    await gateway.abandon();
    throw error;
  }
  return gateway;
}

/** Whether requests are served by other processes than this one. */
function forks(settings: Settings): boolean {
  return settings.workers > 1 || staysRoot(settings);
}

class RunningGateway implements Gateway {
  readonly #logs: Logs;
  readonly #clock: Clock;
  readonly #plane: DataPlane;
  readonly #startedAt: number;
  #settings: Settings;
  #certificates: SiteCertificates | null = null;
  #logins: SiteLogins | null = null;
  readonly #public: PublicCertificates;
  readonly #targets: TargetWatch;
  readonly #apps: Apps;
  readonly #isSuccessor: boolean;
  /** Held on the state directory, so that no second gateway renews the same certificates. */
  #lock: Lock | null = null;
  #configuredAt: number;
  #reloads = 0;
  #stopping = false;
  /** To a successor, which serves already. */
  #handedOver = false;
  /** See {@link AppsOptions.visitors}. */
  #visitors: number | null = null;

  constructor(settings: Settings, logs: Logs, clock: Clock, bequest: Bequest | null) {
    this.#isSuccessor = bequest !== null;
    this.#settings = settings;
    this.#logs = logs;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#configuredAt = this.#startedAt;
    const { workers } = settings;
    const tickets = bequest?.tickets ?? null;
    this.#plane = forks(settings)
      ? new ForkedPlane({ workers, logs, clock, tickets })
      : new LocalPlane({ settings, logs, clock, tickets });
    for (const socket of bequest?.sockets ?? []) this.#plane.adopt(socket);
    this.#targets = new TargetWatch({ clock, log: logs.errors, onNews: (news) => this.#plane.tellTargets(news) });
    this.#public = new PublicCertificates({
      clock,
      log: logs.errors,
      onIssued: (name) => this.#publishFor(name),
      onProofs: (proofs) => this.#plane.showProofs(proofs),
    });
    this.#apps = new Apps({
      clock,
      log: logs.errors,
      onMoved: () => this.#publishApps(),
      visitors: () => this.#visitors,
      longestDrain: () => this.#settings.limits.drainTimeout || unlimited,
    });
  }

  get addresses(): readonly BoundAddress[] {
    return this.#plane.addresses;
  }

  get settings(): Settings {
    return this.#settings;
  }

  get log(): Log {
    return this.#logs.errors;
  }

  async start(): Promise<void> {
    for (const socket of takeActivatedSockets(this.#settings.listen, this.log)) this.#plane.adopt(socket);
    const account = accountToBecome(this.#settings, this.log);
    if (account && staysRoot(this.#settings)) this.#visitors = account.gid;
    const drop = account && new (staysRoot(this.#settings) ? RootPrivileges : PrivilegeDrop)(account);
    drop?.begin(this.#settings);
    const prepare = async () => this.#plane.prepare(account);
    await (drop ? drop.asRoot(prepare) : prepare());
    // A predecessor holds the lock until it hands over.
    if (!this.#isSuccessor) this.#lock = await lockState(this.#settings.state);
    const certificates = await this.#openCertificates(this.#settings);
    this.#certificates = certificates;
    const logins = await this.#openLogins(this.#settings);
    this.#logins = logins;
    await this.#targets.take(this.#settings);
    const serve = () => this.#serve(this.#settings, certificates, logins);
    await (drop ? drop.asRoot(serve) : serve());
    drop?.finish();
    this.#apps.take(appsWithUsers(this.#settings));
    if (!this.#isSuccessor) await this.#public.take(this.#settings);
  }

  async succeed(predecessor: Predecessor): Promise<void> {
    const owner = await thisProcess(lockPurpose);
    const { state } = this.#settings;
    const isGiven = await predecessor.ready(owner);
    this.#lock = isGiven ? inheritedLock(lockIn(state), owner) : await lockState(state);
    await this.#public.take(this.#settings);
  }

  bequest(): Bequest {
    return this.#plane.bequest();
  }

  async handOver(owner: Owner): Promise<void> {
    this.#handedOver = true;
    await this.#public.stop();
    await this.#lock?.handOver(owner);
  }

  async takeBack(): Promise<void> {
    this.#handedOver = false;
    if (this.#lock) await this.#lock.handOver(this.#lock.owner);
    await this.#public.take(this.#settings);
  }

  /** Gives back what a start that failed has taken. */
  async abandon(): Promise<void> {
    this.kill();
    await this.#public.stop();
    await this.#lock?.release();
    await this.#logs.close();
  }

  async reload(settings: Settings): Promise<void> {
    const moves = settings.state !== this.#settings.state;
    const lock = moves ? await lockState(settings.state) : this.#lock;
    const before = this.#chains();
    try {
      await this.#change(settings);
    } catch (error) {
      if (moves) await lock?.release();
      throw error;
    }
    this.#settings = settings;
    this.#apps.take(appsWithUsers(settings));
    // What is renewed in the directory that is left must be through with it first.
    await this.#public.take(settings);
    if (moves) await this.#lock?.release();
    this.#lock = lock;
    void this.#compareAfterReload(before);
    this.#configuredAt = this.#clock.now();
    this.#reloads++;
  }

  async #change(settings: Settings): Promise<void> {
    const certificates = await this.#openCertificates(settings);
    let logins: SiteLogins | null = null;
    try {
      logins = await this.#openLogins(settings);
      await this.#targets.take(settings);
      await this.#serve(settings, certificates, logins);
    } catch (error) {
      await this.#targets.take(this.#settings);
      certificates.close();
      logins?.close();
      throw error;
    }
    this.#certificates?.close();
    this.#certificates = certificates;
    this.#logins?.close();
    this.#logins = logins;
  }

  reopenLogs(): Promise<void> {
    return this.#plane.reopenLogs();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#certificates?.close();
    this.#logins?.close();
    this.#targets.stop();
    const orders = this.#public.stop();
    await this.#plane.drain(this.#settings.limits.drainTimeout, this.#handedOver);
    await this.#apps.stop();
    await orders;
    await this.#lock?.release();
    await this.#logs.close();
  }

  kill(): void {
    this.#stopping = true;
    this.#certificates?.close();
    this.#logins?.close();
    this.#targets.stop();
    void this.#public.stop();
    this.#plane.kill();
    this.#apps.kill();
  }

  async status(): Promise<Status> {
    const report = await this.#plane.report();
    return statusOfGateway({
      ...this.#certificateSources(),
      startedAt: this.#startedAt,
      configuredAt: this.#configuredAt,
      reloads: this.#reloads,
      addresses: this.addresses,
      ...report,
      apps: this.#apps.facts(),
    });
  }

  #certificateSources(): CertificateSources {
    return {
      settings: this.#settings,
      publicCertificates: this.#public,
      pairsOf: (site) => this.#pairsOf(site),
      now: this.#clock.now(),
    };
  }

  async renewCertificate(name: string, force: boolean): Promise<CertificateFacts> {
    await this.#public.renew(name, force);
    return this.#factsOf(name);
  }

  examineCertificate(name: string): Promise<readonly Finding[]> {
    return this.#public.doctor(name);
  }

  async importCertificate(name: string, pair: CertificatePair): Promise<CertificateFacts> {
    const site = this.#settings.sites.find((one) => one.name === name);
    const generation = importedGeneration(site?.names ?? [name], pair, this.#clock.now());
    await this.#public.adopt(name, generation);
    return this.#factsOf(name);
  }

  async drainTarget(site: string, target: string, wanted: boolean): Promise<readonly TargetStatus[]> {
    const drained = await this.#targets.drain(site, target, wanted);
    const { targets } = await this.status();
    return targets.filter((one) => one.site === drained.site && one.target === drained.target);
  }

  restartApp(name: string): Promise<AppFacts> {
    return this.#apps.restart(name);
  }

  appLines(name: string): readonly AppLine[] {
    return this.#apps.lines(name);
  }

  #factsOf(name: string): CertificateFacts {
    const facts = certificateFacts(this.#certificateSources()).find((one) => one.name === name);
    if (facts) return facts;
    throw new UserError(`the site ${name} is not served any more`, { code: 'unknown-certificate' });
  }

  async #openCertificates(settings: Settings): Promise<SiteCertificates> {
    await this.#public.load(settings);
    return SiteCertificates.open(settings, {
      clock: this.#clock,
      log: this.#logs.errors,
      onChanged: (name) => void this.#publishOwn(name),
    });
  }

  #openLogins(settings: Settings): Promise<SiteLogins> {
    return SiteLogins.open(settings, {
      clock: this.#clock,
      log: this.#logs.errors,
      onChanged: () => this.#publish(),
    });
  }

  #pairsOf(site: SiteSettings): readonly CertificatePair[] {
    if (site.tls.mode === 'acme') return this.#public.pairsOf(site.name);
    return this.#certificates?.pairsOf(site.name) ?? [];
  }

  async #publishOwn(name: string): Promise<void> {
    const problems = await this.#publishFor(name);
    if (problems.length > 0) this.#public.tellNotServed(name, problems);
  }

  /** Publishes, then asks the own listeners what they show for the site, and resolves with what is wrong. */
  async #publishFor(name: string): Promise<readonly string[]> {
    const site = this.#settings.sites.find((one) => one.name === name);
    if (site === undefined || !(await this.#publish())) return [];
    return this.#findNotServed(site);
  }

  /**
   * Serves the settings in use with what belongs to them now (certificates, users, targets): the same door as a reload. Resolves, with true, when
   * every worker does; with false before there is anything to serve.
   */
  async #publish(): Promise<boolean> {
    const certificates = this.#certificates;
    const logins = this.#logins;
    if (certificates === null || logins === null) return false;
    await this.#plane.publish(this.#snapshotOf(this.#settings, certificates, logins));
    return true;
  }

  async #publishApps(): Promise<void> {
    try {
      await this.#publish();
    } catch (error) {
      this.#logs.errors.error('requests cannot be led to where an app is now', { problem: describeError(error) });
    }
  }

  async #findNotServed(site: SiteSettings): Promise<readonly string[]> {
    const addresses = this.addresses.filter(({ scheme }) => scheme === 'https');
    const problems = await findNotServed(site, this.#pairsOf(site), addresses);
    // A certificate that was replaced meanwhile is compared by whoever replaced it; a gate that stops shows nothing.
    return this.#stopping ? [] : problems;
  }

  /** After a reload: whatever another certificate than before should be served for is asked for. */
  async #compareAfterReload(before: ReadonlyMap<string, string>): Promise<void> {
    for (const site of this.#settings.sites) {
      const chain = this.#pairsOf(site)[0]?.chain;
      if (chain === undefined || before.get(site.name) === chain) continue;
      const problems = await this.#findNotServed(site);
      if (problems.length > 0) this.#public.tellNotServed(site.name, problems);
    }
  }

  #chains(): ReadonlyMap<string, string> {
    return new Map(this.#settings.sites.map((site) => [site.name, this.#pairsOf(site)[0]?.chain ?? '']));
  }

  #snapshotOf(settings: Settings, certificates: SiteCertificates, logins: SiteLogins): Snapshot {
    const pairsOf = ({ name, tls }: SiteSettings): readonly CertificatePair[] =>
      tls.mode === 'acme' ? this.#public.pairsOf(name) : certificates.pairsOf(name);
    return Object.freeze({
      sites: settings.sites.map((site) => {
        const clientTrust = certificates.trustOf(site.name);
        const routes = shareOut(routesWithApps(site, this.#apps), settings.workers);
        return Object.freeze({ ...site, routes, certificates: pairsOf(site), ...(clientTrust && { clientTrust }) });
      }),
      trustedProxies: settings.trustedProxies,
      http2: settings.http2,
      limits: settings.limits,
      logins: logins.current,
    });
  }

  async #serve(settings: Settings, certificates: SiteCertificates, logins: SiteLogins): Promise<void> {
    const { listen, logs, workers } = settings;
    try {
      await this.#plane.serve({ snapshot: this.#snapshotOf(settings, certificates, logins), listen, logs, workers });
    } catch (error) {
      throw error instanceof ListenError ? await explainListenFailure(error.cause, error.address) : error;
    }
  }
}

/** Milliseconds that stand for no limit. */
const unlimited = 3_600_000;

const lockPurpose = 'run';
const lockIn = (state: string) => ({ path: join(state, 'lock'), disk: systemDisk });

function lockState(state: string): Promise<Lock> {
  return acquireLock({ ...lockIn(state), purpose: lockPurpose });
}
