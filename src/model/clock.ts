/** A timer that can be cancelled. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as everything outside the hot path sees it, so that tests can run years in a second.
 * `now()` is wall-clock milliseconds since 1970 and may jump; `after` never fires early.
 */
export interface Clock {
  now(): number;
  /** Runs `callback` once, `milliseconds` from now. Delays beyond 2^31 ms are kept exact. Never keeps the process alive. */
  after(milliseconds: number, callback: () => void): Timer;
}

const longestTimeout = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    let remaining = milliseconds;
    let handle: NodeJS.Timeout;
    const step = (): void => {
      const wait = Math.min(remaining, longestTimeout);
      remaining -= wait;
      handle = setTimeout(remaining > 0 ? step : callback, wait);
      handle.unref();
    };
    step();
    return { cancel: () => clearTimeout(handle) };
  },
};
