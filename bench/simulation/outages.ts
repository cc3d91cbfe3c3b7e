/** Spans of time, sorted and apart; looked up mostly in rising order. */
export class Outages {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #at = 0;

  /**
   * Outages of between an hour and `longest`, evenly drawn, with even gaps so that `share` of all time is down.
   * `random` gives numbers in [0, 1).
   */
  constructor(from: number, to: number, share: number, longest: number, random: () => number) {
    if (share <= 0) return;
    const shortest = 3_600_000;
    const mean = (shortest + longest) / 2;
    const meanGap = (mean * (1 - share)) / share;
    for (let time = from + random() * meanGap; time < to; ) {
      const end = time + shortest + random() * (longest - shortest);
      this.#starts.push(time);
      this.#ends.push(end);
      time = end + 2 * random() * meanGap;
    }
  }

  covers(time: number): boolean {
    while (this.#at > 0 && this.#starts[this.#at]! > time) this.#at--;
    while (this.#at + 1 < this.#starts.length && this.#starts[this.#at + 1]! <= time) this.#at++;
    const start = this.#starts[this.#at];
    return start !== undefined && start <= time && time < this.#ends[this.#at]!;
  }

  share(from: number, to: number): number {
    const down = this.#starts.reduce((sum, start, index) => sum + Math.min(this.#ends[index]!, to) - start, 0);
    return down / (to - from);
  }
}

/** A small, seeded generator of numbers in [0, 1) (mulberry32), so that a simulation can be run again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
