import { type Clock, systemClock } from '../../model/clock.ts';
import type { Log, LogFacts } from '../../model/log.ts';

/** `info` lines that are written in a second; what scanners and broken clients cause beyond that is only counted. */
export const mostInfoLines = 20;
const interval = 1_000;

/**
 * A log whose `info` lines strangers can cause: at most {@link mostInfoLines} a second are written, then one line that
 * says how many were left out. `warn` and `error` always pass.
 */
export class CalmLog implements Log {
  readonly #log: Log;
  readonly #clock: Clock;
  #counting = false;
  #written = 0;
  #leftOut = 0;

  constructor(log: Log, clock: Clock = systemClock) {
    this.#log = log;
    this.#clock = clock;
  }

  error(message: string, facts?: LogFacts): void {
    this.#log.error(message, facts);
  }

  warn(message: string, facts?: LogFacts): void {
    this.#log.warn(message, facts);
  }

  info(message: string, facts?: LogFacts): void {
    if (!this.#counting) {
      this.#counting = true;
      this.#clock.after(interval, () => this.#startAnew());
    }
    if (this.#written === mostInfoLines) {
      this.#leftOut++;
      return;
    }
    this.#written++;
    this.#log.info(message, facts);
  }

  #startAnew(): void {
    const leftOut = this.#leftOut;
    this.#counting = false;
    this.#written = 0;
    this.#leftOut = 0;
    if (leftOut > 0) this.#log.info('more lines like these were left out', { leftOut });
  }
}
