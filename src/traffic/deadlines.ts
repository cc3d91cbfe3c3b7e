/** Something that must not wait for ever. */
export interface Deadlined {
  /** Milliseconds on the clock of {@link Deadlines}; 0 for none. */
  deadline: number;
  /** Called once the deadline has passed; it is set to 0 before. */
  onDeadline(): void;
}

const sweepInterval = 250;

/**
 * Every time-out of the data plane in one sweep four times a second: setting a deadline is storing a number, so it costs
 * nothing on the hot path. Deadlines are met up to a quarter of a second late.
 */
export class Deadlines {
  /** Monotonic milliseconds as of the last sweep; precise enough for time-outs. */
  now = Math.trunc(performance.now());
  readonly #members = new Set<Deadlined>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#sweep(), sweepInterval);
    this.#timer.unref();
  }

  add(member: Deadlined): void {
    this.#members.add(member);
  }

  remove(member: Deadlined): void {
    this.#members.delete(member);
  }

  /** The deadline `limit` milliseconds from now; 0 (none) when the limit is 0. */
  in(limit: number): number {
    return limit === 0 ? 0 : this.now + limit;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sweep(): void {
    this.now = Math.trunc(performance.now());
    for (const member of this.#members) {
      if (member.deadline === 0 || member.deadline > this.now) continue;
      member.deadline = 0;
      member.onDeadline();
    }
  }
}
