/** Checks of passwords, by whom they wait for. */
interface Waiting {
  readonly run: (next: () => void) => void;
}

const mostWaiting = 256;
const mostOfOne = 8;

/**
 * Runs one check at a time and lets every network have its turn, whatever another asks for. Bounded: what finds no room is not taken.
 */
export class CheckQueue {
  /** By network, in the order of their turns. */
  readonly #networks = new Map<string, Waiting[]>();
  #size = 0;
  #running = false;

  /** Runs `run` when it is its turn; it calls `next` when it is through. False, and never run, when there is no room. */
  offer(network: string, run: (next: () => void) => void): boolean {
    const own = this.#networks.get(network) ?? [];
    if (this.#size >= mostWaiting || own.length >= mostOfOne) return false;
    own.push({ run });
    this.#networks.set(network, own);
    this.#size++;
    if (!this.#running) this.#next();
    return true;
  }

  readonly #next = (): void => {
    const [turn] = this.#networks;
    if (turn === undefined) {
      this.#running = false;
      return;
    }
    const [network, own] = turn;
    const check = own.shift()!;
    this.#networks.delete(network);
    if (own.length > 0) this.#networks.set(network, own);
    this.#size--;
    this.#running = true;
    check.run(this.#next);
  };
}
