import type { AppLine } from '../../model/app.ts';

/** The last lines an app printed. */
export class OutputRing {
  readonly #most: number;
  #lines: AppLine[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  push(line: AppLine): void {
    this.#lines.push(line);
    // Moved only now and then, so that a line costs no copy of all.
    if (this.#lines.length >= 2 * this.#most) this.#lines = this.#lines.slice(-this.#most);
  }

  /** The last `count` lines, of one process when `pid` is given; oldest first. */
  last(count: number, pid?: number): readonly AppLine[] {
    const kept = this.#lines.slice(-this.#most);
    return (pid === undefined ? kept : kept.filter((line) => line.pid === pid)).slice(-count);
  }
}
