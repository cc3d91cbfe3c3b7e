/** Deaths within this time, milliseconds, count as keeping to die. */
const memory = 60_000;
/** So many may die within that time and be replaced at once. */
const forgiven = 3;
const firstDelay = 1_000;
const longestDelay = 30_000;

/** When a worker that has died is replaced: at once, unless its kind keeps dying. Pure: it is told the time, milliseconds. */
export class RestartPolicy {
  #deaths: number[] = [];

  /** Milliseconds to wait before the next one is started; 0 for the first three in a minute, then 1 s, 2 s, 4 s … 30 s. */
  died(now: number): number {
    this.#deaths = [...this.#deaths.filter((time) => now - time < memory), now];
    const beyond = this.#deaths.length - forgiven;
    return beyond <= 0 ? 0 : Math.min(firstDelay * 2 ** (beyond - 1), longestDelay);
  }
}
