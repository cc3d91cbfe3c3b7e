/** The kinds of abuse that have a budget. Each is counted when it closed a connection. */
export const Abuse = Object.freeze({
  /** Streams that the peer reset: rapid reset, CVE-2023-44487. */
  PEER_RESET: 0,
  /** Streams that the peer made us reset, by any error of its own: "MadeYouReset", CVE-2025-8671. Refused streams too. */
  PROVOKED_RESET: 1,
  SETTINGS: 2,
  PING: 3,
  EMPTY_DATA: 4,
  WINDOW_UPDATE: 5,
  /** Frames that change nothing: PRIORITY, unknown types, frames on closed streams. */
  IDLE_FRAME: 6,
});

const kinds = Object.keys(Abuse).length;

/** How many at once, how many a second ever after, and how many each finished exchange earns. */
interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
  readonly perExchange: number;
}

/*
 * Measured by what honest clients do: a browser that leaves a page cancels all its streams at once; older Go clients and
 * Python's h2 send two WINDOW_UPDATE frames for each DATA frame; gRPC pings along with data to measure the path.
 */
const allowances: readonly Allowance[] = [
  { burst: 400, perSecond: 50, perExchange: 1 },
  { burst: 200, perSecond: 20, perExchange: 0 },
  { burst: 64, perSecond: 4, perExchange: 0 },
  { burst: 200, perSecond: 40, perExchange: 2 },
  { burst: 200, perSecond: 40, perExchange: 2 },
  { burst: 2000, perSecond: 200, perExchange: 6 },
  { burst: 2000, perSecond: 200, perExchange: 6 },
];

/**
 * What one connection may still do of the things that cost us more than the peer. Useful work and time pay it back, never above the
 * burst, so a client that finishes what it begins never runs out.
 */
export class Budgets {
  readonly #left = Int32Array.from(allowances, ({ burst }) => burst);
  #refilledAt = 0;

  /** Spends `count`; false when there was not as much left. */
  spend(kind: number, count = 1): boolean {
    const left = this.#left[kind]! - count;
    this.#left[kind] = left;
    return left >= 0;
  }

  /** An exchange was finished, both messages whole. */
  earn(): void {
    for (let kind = 0; kind < kinds; kind++) {
      const { perExchange, burst } = allowances[kind]!;
      if (perExchange > 0) this.#left[kind] = Math.min(this.#left[kind]! + perExchange, burst);
    }
  }

  /** Data went out: window updates for it are welcome. `count` in the measure of the budget. */
  earnWindowUpdates(count: number): void {
    this.#left[Abuse.WINDOW_UPDATE] = Math.min(
      this.#left[Abuse.WINDOW_UPDATE]! + count,
      allowances[Abuse.WINDOW_UPDATE]!.burst,
    );
  }

  /** Time passed; milliseconds of any clock that only goes forward. */
  refill(now: number): void {
    const seconds = (now - this.#refilledAt) / 1000;
    if (seconds < 1) return;
    this.#refilledAt = now;
    for (let kind = 0; kind < kinds; kind++) {
      const { perSecond, burst } = allowances[kind]!;
      this.#left[kind] = Math.min(this.#left[kind]! + Math.floor(perSecond * Math.min(seconds, 60)), burst);
    }
  }
}
