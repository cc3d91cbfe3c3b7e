import type { Clock, Timer } from '../../../model/clock.ts';
import { describeError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import type { CertificatePair } from '../../../model/site.ts';
import { type Validity, validityOf } from '../x509/chain.ts';
import type { Authority } from './authority.ts';
import { day, hour, renewalTime } from './terms.ts';

/** A site with the certificate it is served with now. */
interface KeptSite {
  readonly name: string;
  readonly names: readonly string[];
  readonly pair: CertificatePair;
}

export interface KeepOptions {
  readonly authority: Pick<Authority, 'leafFor' | 'rootPem'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Serves the new certificate from now on. When it rejects, it is called again within the hour. */
  onRenewed(siteName: string, pair: CertificatePair): void | Promise<void>;
}

/** Renews the certificates of the in-house CA in time. */
export interface LeafKeeper {
  /** Replaces the sites that are looked after. */
  keep(sites: readonly KeptSite[]): void;
  stop(): void;
}

/** When `pair` should be renewed, milliseconds since 1970: after two thirds of its life. */
export function nextDue(pair: CertificatePair, now: number): number {
  return renewalTime(validityOf(pair.chain), now);
}

/** One loop for all sites. It wakes at least every hour, so a clock that jumped and a root made by another process are noticed. */
export function keepLeaves(options: KeepOptions): LeafKeeper {
  return new Keeper(options);
}

/** A site, and the life of the certificate it is served with. */
interface Served extends KeptSite {
  readonly life: Validity;
}

class Keeper implements LeafKeeper {
  readonly #options: KeepOptions;
  readonly #served = new Map<string, Served>();
  /** The root that each site's certificate was last asked for under. */
  readonly #roots = new Map<string, string>();
  #timer: Timer | null = null;
  #running = false;
  #stopped = false;

  constructor(options: KeepOptions) {
    this.#options = options;
  }

  keep(sites: readonly KeptSite[]): void {
    this.#served.clear();
    this.#roots.clear();
    for (const site of sites) this.#served.set(site.name, { ...site, life: validityOf(site.pair.chain) });
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #plan(): void {
    this.#timer?.cancel();
    if (this.#stopped || this.#running || this.#served.size === 0) return;
    const now = this.#options.clock.now();
    const dues = Array.from(this.#served.values(), (site) => renewalTime(site.life, now));
    // What is overdue has just been tried in vain.
    const soonest = Math.min(...dues.filter((due) => due > now));
    this.#timer = this.#options.clock.after(Math.min(soonest - now, hour), () => void this.#wake());
  }

  async #wake(): Promise<void> {
    this.#running = true;
    try {
      const root = await this.#options.authority.rootPem();
      for (const site of [...this.#served.values()]) await this.#look(site, root);
    } catch (error) {
      this.#options.log.error('The in-house CA cannot be used', { problem: describeError(error) });
    }
    this.#running = false;
    this.#plan();
  }

  async #look(site: Served, root: string): Promise<void> {
    const now = this.#options.clock.now();
    const due = renewalTime(site.life, now) <= now;
    if (this.#stopped || (!due && this.#roots.get(site.name) === root)) return;
    try {
      const pair = await this.#options.authority.leafFor(site.names);
      if (pair.chain !== site.pair.chain) await this.#options.onRenewed(site.name, pair);
      // A reload may have replaced the site meanwhile.
      if (this.#served.get(site.name) !== site) return;
      this.#served.set(site.name, { ...site, pair, life: validityOf(pair.chain) });
      this.#roots.set(site.name, root);
    } catch (error) {
      const daysLeft = Math.floor((site.life.notAfter - now) / day);
      this.#options.log.error('A certificate could not be renewed; next attempt within the hour', {
        certificate: site.name,
        daysLeft,
        problem: describeError(error),
      });
    }
  }
}
