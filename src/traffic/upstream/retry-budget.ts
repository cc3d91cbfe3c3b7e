/** Retries allowed for each request. */
const perRequest = 0.2;
/** And for each second, so that little traffic is not without any. */
const perSecond = 5;
/** Most that can be saved up. */
const most = 100;

/**
 * How many requests may be sent to a second target: when everything fails, twice the load would help nobody. Counting a
 * request costs an addition; the rest is worked out when a retry is wanted. Times in milliseconds.
 */
export class RetryBudget {
  #requests = 0;
  #left = perSecond;
  #since = 0;

  count(): void {
    this.#requests++;
  }

  /** Takes one retry, if there is one left. */
  take(now: number): boolean {
    const earned = this.#requests * perRequest + ((now - this.#since) / 1000) * perSecond;
    this.#left = Math.min(most, this.#left + earned);
    this.#requests = 0;
    this.#since = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
