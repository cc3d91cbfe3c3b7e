import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, Timer } from '../../model/clock.ts';
import { describeError } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import type { NameAddresses } from '../../model/target-news.ts';
import { type Resolve, resolverOf } from './resolve.ts';

interface NameWatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** What some name stands for has changed. */
  readonly onChange: () => void;
  /** How the servers to ask are made a resolver; the machine's own way by default. */
  readonly resolverOf?: (servers: readonly string[]) => Resolve;
}

/** Longest wait for the first answers, so that a DNS that does not answer holds up nothing; milliseconds. */
const firstWait = 1_000;
/** Pause before a name that could not be resolved is tried again, milliseconds. */
const retryPause = 5_000;

/**
 * Knows what the names of targets stand for, and asks again in the background before each answer runs out. While a name cannot
 * be resolved, the addresses it had stay.
 */
export class NameWatch {
  readonly #options: NameWatchOptions;
  readonly #names = new Map<string, Name>();
  #servers: readonly string[] | null = null;
  #resolve: Resolve = () => Promise.reject(new Error('no resolver'));

  constructor(options: NameWatchOptions) {
    this.#options = options;
  }

  /** Knows these names from now on, asked of `servers` (none: as the machine does). Resolves when all are known, or after a second. */
  async take(names: ReadonlySet<string>, servers: readonly string[]): Promise<void> {
    if (JSON.stringify(servers) !== JSON.stringify(this.#servers)) {
      this.#servers = servers;
      this.#resolve = (this.#options.resolverOf ?? resolverOf)(servers);
      this.stop();
    }
    for (const [name, known] of this.#names) {
      if (names.has(name)) continue;
      known.stop();
      this.#names.delete(name);
    }
    const first = [...names].filter((name) => !this.#names.has(name)).map((name) => this.#begin(name));
    if (first.length > 0) await Promise.race([Promise.all(first), delay(firstWait, undefined, { ref: false })]);
  }

  addresses(): ReadonlyMap<string, NameAddresses> {
    return new Map([...this.#names].map(([name, { known }]) => [name, known]));
  }

  /** null for a name that is not watched. */
  addressesOf(host: string): NameAddresses | null {
    return this.#names.get(host)?.known ?? null;
  }

  stop(): void {
    for (const name of this.#names.values()) name.stop();
    this.#names.clear();
  }

  #begin(host: string): Promise<void> {
    const name = new Name(host, this.#resolve, this.#options);
    this.#names.set(host, name);
    return name.ask();
  }
}

class Name {
  known: NameAddresses;
  readonly #host: string;
  readonly #resolve: Resolve;
  readonly #options: NameWatchOptions;
  #timer: Timer | null = null;
  #stopped = false;
  #failing = false;

  constructor(host: string, resolve: Resolve, options: NameWatchOptions) {
    this.#host = host;
    this.#resolve = resolve;
    this.#options = options;
    this.known = { addresses: [], error: `${host} is not resolved yet` };
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async ask(): Promise<void> {
    const before = this.known;
    const holds = await this.#resolve(this.#host).then(
      ({ addresses, holds }) => this.#succeeded(addresses, holds),
      (error: unknown) => this.#failed(describeError(error)),
    );
    if (this.#stopped) return;
    this.#timer = this.#options.clock.after(holds, () => void this.ask());
    if (JSON.stringify(before) !== JSON.stringify(this.known)) this.#options.onChange();
  }

  #succeeded(addresses: readonly string[], holds: number): number {
    // Servers rotate their answers: only another set is another answer.
    const same =
      addresses.length === this.known.addresses.length && addresses.every((one) => this.known.addresses.includes(one));
    if (!same) this.known = { addresses, error: '' };
    this.#failing = false;
    return holds;
  }

  #failed(reason: string): number {
    if (!this.#failing)
      this.#options.log.warn(`${reason}${this.known.addresses.length > 0 ? '; its last addresses stay in use' : ''}`);
    this.#failing = true;
    if (this.known.addresses.length === 0) this.known = { addresses: [], error: reason };
    return retryPause;
  }
}
