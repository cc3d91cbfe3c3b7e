import { isDeepStrictEqual } from 'node:util';
import { type AcmeService, createAcmeService } from '../control/certificates/acme-service.ts';
import type { Finding } from '../control/certificates/doctor/finding.ts';
import { DynamicDns, type UpdaterStatus } from '../control/certificates/dynamic-dns/updater.ts';
import type { CertificateStatus } from '../control/certificates/lifecycle/certificate-status.ts';
import type { IssuerHealth } from '../control/certificates/lifecycle/issuer-health.ts';
import type { Generation, ManagedCertificate } from '../control/certificates/lifecycle/record.ts';
import { VaultStore } from '../control/certificates/lifecycle/vault-store.ts';
import type { ChallengeProofs } from '../model/challenge.ts';
import type { Clock } from '../model/clock.ts';
import { UserError } from '../model/errors.ts';
import type { Log } from '../model/log.ts';
import type { Settings } from '../model/settings.ts';
import type { CertificatePair } from '../model/site.ts';
import { acmeSettings } from './acme-settings.ts';
import { CertificateAlarms } from './certificate-alarms.ts';

export interface PublicCertificatesOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The site has another certificate from now on; resolves with what is wrong when it is not the one being served. */
  readonly onIssued: (siteName: string) => Promise<readonly string[]>;
  /** CAs are answered with these proofs from now on; resolves when every worker does, and never rejects. */
  readonly onProofs: (proofs: ChallengeProofs) => Promise<void>;
}

/** What one configuration makes of `acme`: replaced as a whole when that changes, so that orders survive other edits. */
interface Running {
  readonly settings: Settings;
  readonly store: VaultStore;
  readonly service: AcmeService;
  readonly alarms: CertificateAlarms;
  readonly dynamicDns: DynamicDns | null;
}

/**
 * The certificates of public CAs: read from the state directory, ordered and renewed while the gate runs, and the answers
 * CAs look for. A site whose certificate is not there yet is served without one: its handshakes are refused.
 */
export class PublicCertificates {
  readonly #options: PublicCertificatesOptions;
  /** What each site is served with, also across a change of settings. */
  readonly #generations = new Map<string, Generation>();
  #running: Running | null = null;

  constructor(options: PublicCertificatesOptions) {
    this.#options = options;
  }

  /** Reads what is stored for the sites of `settings`, before they are served. Never rejects for a damaged certificate. */
  async load(settings: Settings): Promise<void> {
    const wanted = managedBy(settings);
    if (wanted.length === 0) return;
    const stored = await this.#storeFor(settings).loadAll();
    for (const { name, generation } of stored) {
      if (generation && !this.#generations.has(name)) this.#generations.set(name, generation);
    }
  }

  pairsOf(siteName: string): readonly CertificatePair[] {
    const generation = this.#generations.get(siteName);
    return generation ? [generation.pair] : [];
  }

  /** Looks after the sites of `settings` from now on; they are being served already. Never rejects: what fails is logged. */
  async take(settings: Settings): Promise<void> {
    const managed = managedBy(settings);
    const before = this.#running;
    try {
      if (before && sameService(before.settings, settings)) {
        await before.service.lifecycle.update(managed);
        this.#running = { ...before, settings };
        return;
      }
      await this.stop();
      if (managed.length > 0 || settings.acme.update !== null) await this.#begin(settings, managed);
    } catch (error) {
      this.#options.log.error('certificates are not looked after', { error: String(error) });
    }
  }

  /** Gives up orders under way, without counting them as failed. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    running?.dynamicDns?.stop();
    await running?.service.lifecycle.stop();
  }

  status(): readonly CertificateStatus[] {
    return this.#running?.service.lifecycle.status() ?? [];
  }

  issuers(): readonly IssuerHealth[] {
    return this.#running?.service.lifecycle.issuers() ?? [];
  }

  dynamicDns(): UpdaterStatus | null {
    return this.#running?.dynamicDns?.status() ?? null;
  }

  /** Orders a certificate now. Rejects with a UserError that says why none was issued. */
  async renew(name: string, force: boolean): Promise<void> {
    const failure = await this.#require(name).service.lifecycle.renewNow(name, force);
    if (failure === null || failure === undefined) return;
    throw new UserError(`no certificate for ${name}: ${failure.message}`, {
      code: `order-${failure.kind}`,
      ...(failure.cure !== '' && { cure: failure.cure }),
    });
  }

  /** What the CAs would say to an order for the site. */
  doctor(name: string): Promise<readonly Finding[]> {
    const { service, settings } = this.#require(name);
    const site = settings.sites.find((one) => one.name === name);
    return service.doctor(name, site?.names ?? [name]);
  }

  /** Serves a certificate that was got elsewhere until its own renewal is due. */
  async adopt(name: string, generation: Generation): Promise<void> {
    await this.#require(name).service.lifecycle.adopt(name, generation);
  }

  /** Says that a certificate other than the site's own is served. */
  tellNotServed(name: string, problems: readonly string[]): void {
    const generation = this.#generations.get(name) ?? null;
    const message = problems.join('; ');
    const at = this.#options.clock.now();
    const error = { kind: 'storage', message, issuer: '', at, cure: 'restart Sallyport', problem: null } as const;
    const event = { event: 'not-served', name, names: generation?.names ?? [name], at, generation, error } as const;
    if (this.#running) this.#running.alarms.tell({ ...event, attempts: 0, nextAttempt: 0 });
    else this.#options.log.error('the new certificate is not what is served', { name, error: message });
  }

  #require(name: string): Running {
    const running = this.#running;
    if (running && managedBy(running.settings).some((one) => one.name === name)) return running;
    throw new UserError(`no certificate of a public CA is looked after under the name ${name}`, {
      code: 'unknown-certificate',
      cure: '`sallyport cert list` names them; only sites with `tls: auto` and a public name have one',
    });
  }

  async #begin(settings: Settings, managed: readonly ManagedCertificate[]): Promise<void> {
    const { clock, log } = this.#options;
    const store = this.#storeFor(settings);
    const alarms = new CertificateAlarms(settings.acme, { clock, log, files: (name) => store.filesOf(name) });
    const service = createAcmeService(acmeSettings(settings), {
      clock,
      log,
      store,
      onIssued: (name, _pair, generation) => this.#issued(name, generation),
      onEvent: (event) => alarms.tell(event),
      onProofs: this.#options.onProofs,
    });
    const dynamicDns = this.#updaterFor(settings);
    const running = { settings, store, service, alarms, dynamicDns };
    this.#running = running;
    if (dynamicDns === null) return service.lifecycle.start(managed);
    // The first order waits until the name leads here; nothing else does.
    void dynamicDns
      .start()
      .then(() =>
        this.#running?.service === service ? service.lifecycle.start(managedBy(this.#running.settings)) : undefined,
      )
      .catch((error: unknown) => log.error('certificates are not looked after', { error: String(error) }));
  }

  async #issued(name: string, generation: Generation): Promise<void> {
    this.#generations.set(name, generation);
    const problems = await this.#options.onIssued(name);
    if (problems.length > 0) this.tellNotServed(name, problems);
  }

  #storeFor({ state }: Settings): VaultStore {
    if (this.#running?.settings.state === state) return this.#running.store;
    return new VaultStore({ state, clock: this.#options.clock, log: this.#options.log });
  }

  #updaterFor(settings: Settings): DynamicDns | null {
    const { dns, update } = settings.acme;
    if (dns?.provider !== 'duckdns' || update === null) return null;
    const names = settings.sites.flatMap((site) => site.names).filter((name) => name.endsWith('.duckdns.org'));
    return new DynamicDns({ names, duckdns: dns, source: update, ...this.#options });
  }
}

/** The sites whose certificate comes from a public CA. */
export function managedBy(settings: Settings): ManagedCertificate[] {
  return settings.sites.filter((site) => site.tls.mode === 'acme').map(({ name, names }) => ({ name, names }));
}

/** Whether the same service can go on, with another list of certificates. */
function sameService(a: Settings, b: Settings): boolean {
  const names = (settings: Settings): string[] => settings.sites.flatMap((site) => site.names);
  const listens = (one: Settings): readonly boolean[] => [one.listen.http.length > 0, one.listen.https.length > 0];
  if (a.state !== b.state || !isDeepStrictEqual(a.acme, b.acme) || !isDeepStrictEqual(listens(a), listens(b)))
    return false;
  return b.acme.update === null || isDeepStrictEqual(names(a), names(b));
}
