import { join } from 'node:path';
import { type Authority, openAuthority } from '../control/certificates/authority/authority.ts';
import { keepLeaves, type LeafKeeper } from '../control/certificates/authority/renewal.ts';
import { type FollowedTrust, followTrust } from '../control/certificates/clients/follow-trust.ts';
import { type FileWatcher, watchCertificateFiles } from '../control/certificates/files/watch.ts';
import type { ClientTrust } from '../model/access.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import type { Settings } from '../model/settings.ts';
import type { CertificatePair } from '../model/site.ts';

export interface SiteCertificatesOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** A site has other certificates than before, or takes others from its clients: a renewal, or a file that has changed. */
  onChanged(siteName: string): void;
}

/** The certificates of one configuration's sites that come from the in-house CA or from files, kept current until closed. */
export class SiteCertificates {
  readonly #pairs = new Map<string, readonly CertificatePair[]>();
  readonly #watchers: FileWatcher[] = [];
  readonly #trusts = new Map<string, FollowedTrust>();
  /** Of the in-house CA; '' where nobody needs it. */
  #ownRoots = '';
  #keeper: LeafKeeper | null = null;

  private constructor() {}

  /** Gets a certificate for every such site. Rejects with a UserError when one cannot be had, leaving nothing open. */
  static async open(settings: Settings, options: SiteCertificatesOptions): Promise<SiteCertificates> {
    const certificates = new SiteCertificates();
    try {
      await certificates.#followFiles(settings, options);
      await certificates.#askAuthority(settings, options);
      await certificates.#followTrust(settings, options);
    } catch (error) {
      certificates.close();
      throw error;
    }
    return certificates;
  }

  /** What such a site is served with. */
  pairsOf(siteName: string): readonly CertificatePair[] {
    return this.#pairs.get(siteName) ?? [];
  }

  /** Whose client certificates such a site takes; undefined where it does not ask. */
  trustOf(siteName: string): ClientTrust | undefined {
    return this.#trusts.get(siteName)?.trust();
  }

  close(): void {
    this.#keeper?.stop();
    for (const followed of this.#trusts.values()) followed.close();
    for (const watcher of this.#watchers) watcher.close();
  }

  async #followFiles(settings: Settings, options: SiteCertificatesOptions): Promise<void> {
    for (const { name, names, tls } of settings.sites) {
      if (tls.mode !== 'files') continue;
      const watcher = await watchCertificateFiles(tls.pairs, {
        names,
        clock: options.clock,
        log: options.log,
        onChanged: (pairs) => this.#changed(name, pairs, options),
      });
      this.#watchers.push(watcher);
      this.#pairs.set(name, watcher.pairs());
    }
  }

  async #askAuthority(settings: Settings, { clock, log, onChanged }: SiteCertificatesOptions): Promise<void> {
    const sites = settings.sites.filter(({ tls }) => tls.mode === 'internal');
    const asksOwnClients = settings.sites.some(({ clientCertificates }) => clientCertificates?.ca === null);
    if (sites.length === 0 && !asksOwnClients) return;
    const authority = await openSettingsAuthority(settings, clock, log);
    this.#ownRoots = (await authority.rootPem()) + ((await authority.previousRootPem()) ?? '');
    const kept = await Promise.all(
      sites.map(async ({ name, names }) => ({ name, names, pair: await authority.leafFor(names) })),
    );
    for (const { name, pair } of kept) this.#pairs.set(name, [pair]);
    this.#keeper = keepLeaves({
      authority,
      clock,
      log,
      onRenewed: (name, pair) => this.#changed(name, [pair], { clock, log, onChanged }),
    });
    this.#keeper.keep(kept);
  }

  async #followTrust(settings: Settings, { clock, log, onChanged }: SiteCertificatesOptions): Promise<void> {
    for (const { name, clientCertificates } of settings.sites) {
      if (clientCertificates === undefined) continue;
      const { ca, revocations } = clientCertificates;
      const followed =
        ca === null
          ? ownTrust(this.#ownRoots)
          : await followTrust({ ca, revocations }, { clock, log, onChanged: () => onChanged(name) });
      this.#trusts.set(name, followed);
    }
  }

  #changed(name: string, pairs: readonly CertificatePair[], { onChanged }: SiteCertificatesOptions): void {
    this.#pairs.set(name, pairs);
    onChanged(name);
  }
}

function ownTrust(roots: string): FollowedTrust {
  return { trust: () => ({ ca: roots, revocations: [], revoked: [] }), close() {} };
}

/** The in-house CA of a configuration. */
export function openSettingsAuthority(
  { state, authority: limits }: Pick<Settings, 'state' | 'authority'>,
  clock: Clock,
  log: Log,
): Promise<Authority> {
  return openAuthority({ directory: join(state, 'authority'), clock, log, limits });
}
