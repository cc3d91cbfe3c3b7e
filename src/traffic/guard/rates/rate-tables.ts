import type { RateLimit } from '../../../model/access.ts';
import type { Clock, Timer } from '../../../model/clock.ts';
import { type Grant, TokenBuckets } from './token-buckets.ts';

/** Tokens that a worker has granted since it last told the others. */
export interface RateNews {
  readonly kind: 'rates';
  readonly limit: string;
  readonly key: string;
  readonly tokens: number;
}

/**
 * Of a limit that grants more than one token in this time, what is granted within it is told in one; of slower ones each token
 * at once. Milliseconds.
 */
const tellInterval = 50;

/** The buckets of one limit, here and in the other workers. */
export class RateTable {
  readonly #limit: string;
  readonly #buckets: TokenBuckets;
  readonly #clock: Clock;
  readonly #tell: (news: RateNews) => void;
  readonly #untold = new Map<string, number>();
  #timer: Timer | null = null;

  constructor(limit: string, buckets: TokenBuckets, clock: Clock, tell: (news: RateNews) => void) {
    this.#limit = limit;
    this.#buckets = buckets;
    this.#clock = clock;
    this.#tell = tell;
  }

  take(key: string): Grant {
    const grant = this.#buckets.take(key, this.#clock.now());
    if (grant.granted) {
      this.#untold.set(key, (this.#untold.get(key) ?? 0) + 1);
      const isSlow = this.#buckets.size.interval >= tellInterval;
      this.#timer ??= this.#clock.after(isSlow ? 0 : tellInterval, this.#tellAll);
    }
    return grant;
  }

  learn(key: string, tokens: number): void {
    this.#buckets.spend(key, tokens, this.#clock.now());
  }

  readonly #tellAll = (): void => {
    this.#timer = null;
    for (const [key, tokens] of this.#untold) this.#tell({ kind: 'rates', limit: this.#limit, key, tokens });
    this.#untold.clear();
  };
}

/** The tables of all limits by name. One lives as long as somebody uses it, so a reload that does not change a limit forgets nothing. */
export class RateTables {
  readonly #clock: Clock;
  readonly #tell: (news: RateNews) => void;
  readonly #tables = new Map<string, WeakRef<RateTable>>();

  constructor(clock: Clock, tell: (news: RateNews) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  get({ id, requests, per, burst }: RateLimit): RateTable {
    const limit = `${id} ${requests}/${per} ${burst}`;
    const known = this.#tables.get(limit)?.deref();
    if (known !== undefined) return known;
    for (const [name, table] of this.#tables) if (table.deref() === undefined) this.#tables.delete(name);
    const buckets = new TokenBuckets({ interval: per / requests, capacity: burst });
    const table = new RateTable(limit, buckets, this.#clock, this.#tell);
    this.#tables.set(limit, new WeakRef(table));
    return table;
  }

  /** Takes what another worker has told. */
  learn(news: Readonly<Record<string, string | number>>): void {
    if (news.kind !== 'rates') return;
    this.#tables.get(String(news.limit))?.deref()?.learn(String(news.key), Number(news.tokens));
  }
}
