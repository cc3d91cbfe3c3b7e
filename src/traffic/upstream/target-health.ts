import type { PassiveHealth } from '../../model/target-group.ts';

/** Share that a target has at once when it returns. */
const firstShare = 0.1;

/**
 * What has become of the requests to one target:
 *
 * ```
 * good --too many failures within the window--> out --its time is over--> returning --slow start is over--> good
 *                                                ^---- any failure -----------'
 * ```
 *
 * Times are milliseconds of the worker's coarse clock.
 */
export class TargetHealth {
  /** All failures since the start. */
  failures = 0;
  /** Why the last one failed; ''. */
  lastError = '';
  /** When, milliseconds since 1970. */
  lastErrorAt = 0;
  readonly #rules: PassiveHealth;
  /** Failures since the window began. */
  #count = 0;
  #windowStart = 0;
  /** End of the time out; 0 while good. */
  #outUntil = 0;

  constructor(rules: PassiveHealth) {
    this.#rules = rules;
  }

  failed(reason: string, now: number): void {
    this.failures++;
    this.lastError = reason;
    this.lastErrorAt = Date.now();
    const { failures, window, out } = this.#rules;
    if (failures === 0 || now < this.#outUntil) return;
    if (now - this.#windowStart > window) {
      this.#windowStart = now;
      this.#count = 0;
    }
    this.#count++;
    if (this.#count < failures && this.share(now) === 1) return;
    this.#outUntil = now + out;
    this.#count = 0;
  }

  /** How much of its weight counts now: 1 when good, 0 when out, between the two when returning. */
  share(now: number): number {
    if (this.#outUntil === 0) return 1;
    const back = now - this.#outUntil;
    if (back < 0) return 0;
    const { slowStart } = this.#rules;
    if (back < slowStart) return firstShare + ((1 - firstShare) * back) / slowStart;
    this.#outUntil = 0;
    return 1;
  }

  /** When it is or was to return; 0 when good. */
  get returnsAt(): number {
    return this.#outUntil;
  }
}
