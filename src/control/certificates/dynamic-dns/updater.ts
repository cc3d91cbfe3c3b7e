import type { Clock, Timer } from '../../../model/clock.ts';
import { describeError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import { type DuckdnsSettings, duckdnsRecord, updateDuckdns } from '../challenge/dns/duckdns.ts';
import { type AddressSource, type PublicAddresses, publicAddresses } from './address-source.ts';

export interface UpdaterOptions {
  /** Names under duckdns.org to keep current. */
  readonly names: readonly string[];
  readonly duckdns: DuckdnsSettings;
  readonly source: AddressSource;
  readonly clock: Clock;
  readonly log: Log;
  /** Between looks at the address, milliseconds; five minutes when absent. */
  readonly every?: number;
}

export interface UpdaterStatus {
  readonly records: readonly string[];
  /** Last successful update, wall-clock milliseconds; null before the first. */
  readonly updatedAt: number | null;
  readonly addresses: PublicAddresses | null;
  /** Why the last look or update failed; '' when it did not. */
  readonly lastError: string;
}

/** An address that did not change is told again after this time, so that a lost or foreign update heals. */
const repeatAfter = 6 * 3_600_000;

/** Keeps duckdns records on this machine's public address: a certificate for a stale address is no use. */
export class DynamicDns {
  readonly #options: UpdaterOptions;
  readonly #records: readonly string[];
  #status: UpdaterStatus;
  #timer: Timer | null = null;
  #stopped = false;

  /** Throws a ChallengeError when a name is not one of duckdns.org. */
  constructor(options: UpdaterOptions) {
    this.#options = options;
    this.#records = [...new Set(options.names.map(duckdnsRecord))];
    this.#status = { records: this.#records, updatedAt: null, addresses: null, lastError: '' };
  }

  status(): UpdaterStatus {
    return this.#status;
  }

  /** Resolves after the first update was tried; goes on by itself. */
  async start(): Promise<void> {
    await this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const { clock, source, log, every = 300_000 } = this.#options;
    try {
      const addresses = await publicAddresses(source);
      if (this.#isNews(addresses)) await this.#update(addresses);
      this.#status = { ...this.#status, lastError: '' };
    } catch (error) {
      const lastError = describeError(error);
      if (lastError !== this.#status.lastError) log.warn('the address record was not updated', { error: lastError });
      this.#status = { ...this.#status, lastError };
    }
    if (!this.#stopped) this.#timer = clock.after(every, () => void this.#look());
  }

  #isNews(addresses: PublicAddresses): boolean {
    const { updatedAt, addresses: told } = this.#status;
    // Only the service can tell whether the address it sees has changed.
    if (updatedAt === null || told === null || this.#options.source.kind === 'service') return true;
    const old = Math.abs(this.#options.clock.now() - updatedAt) >= repeatAfter;
    return old || addresses.ipv4 !== told.ipv4 || addresses.ipv6 !== told.ipv6;
  }

  async #update(addresses: PublicAddresses): Promise<void> {
    const { duckdns, clock } = this.#options;
    const fields = { domains: this.#records.join(','), ip: addresses.ipv4 };
    await updateDuckdns(duckdns, addresses.ipv6 === '' ? fields : { ...fields, ipv6: addresses.ipv6 });
    this.#status = { ...this.#status, updatedAt: clock.now(), addresses };
  }
}
