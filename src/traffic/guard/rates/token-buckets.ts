/** How fast a bucket fills, and how much it holds. */
export interface BucketSize {
  /** Milliseconds for one token. */
  readonly interval: number;
  /** Tokens of a full bucket. */
  readonly capacity: number;
}

/** What came of asking a bucket for a token. */
export interface Grant {
  readonly granted: boolean;
  /** Whole tokens left. */
  readonly left: number;
  /** Milliseconds until the bucket is full again. */
  readonly fullIn: number;
  /** Milliseconds until there is a token; 0 when one was granted. */
  readonly wait: number;
}

/** Most buckets of one limit. Beyond it the one that was asked longest ago is forgotten, which fills it. */
const mostBuckets = 32_768;

/**
 * Token buckets by key, in constant memory: of each only the time is kept at which it will be full (the generic cell rate
 * algorithm). A bucket nobody knows is full. All times are milliseconds of one clock.
 */
export class TokenBuckets {
  readonly size: BucketSize;
  /** When each bucket will be full; the one asked longest ago first. */
  readonly #fullAt = new Map<string, number>();

  constructor(size: BucketSize) {
    this.size = size;
  }

  take(key: string, now: number): Grant {
    const { interval, capacity } = this.size;
    const before = this.#fullIn(key, now);
    const after = before + interval;
    if (after > interval * capacity) {
      return { granted: false, left: 0, fullIn: before, wait: after - interval * capacity };
    }
    this.#set(key, now + after);
    return { granted: true, left: Math.floor(capacity - after / interval), fullIn: after, wait: 0 };
  }

  /** Takes tokens that were granted elsewhere, also if there are none left. */
  spend(key: string, tokens: number, now: number): void {
    const { interval, capacity } = this.size;
    const fullIn = Math.min(this.#fullIn(key, now) + tokens * interval, interval * capacity);
    this.#set(key, now + fullIn);
  }

  #fullIn(key: string, now: number): number {
    const { interval, capacity } = this.size;
    // No more than an empty bucket needs: the clock may have been set back meanwhile.
    return Math.min(Math.max(0, (this.#fullAt.get(key) ?? 0) - now), interval * capacity);
  }

  #set(key: string, fullAt: number): void {
    this.#fullAt.delete(key);
    if (this.#fullAt.size >= mostBuckets) {
      for (const oldest of this.#fullAt.keys()) {
        this.#fullAt.delete(oldest);
        break;
      }
    }
    this.#fullAt.set(key, fullAt);
  }
}
