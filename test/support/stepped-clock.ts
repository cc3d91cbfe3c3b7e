import { setImmediate as turn } from 'node:timers/promises';
import { DueHeap } from '../../src/control/certificates/lifecycle/due-heap.ts';
import type { Clock, Timer } from '../../src/model/clock.ts';

interface Pending {
  callback: (() => void) | null;
}

/** A clock that moves only when told to. Timers run by elapsed time; the wall clock can be moved apart from it. */
export class SteppedClock implements Clock {
  #elapsed = 0;
  #wall: number;
  readonly #pending = new DueHeap<Pending>();
  /** Timers up to this much later ring together, at the later time; makes long simulations cheaper. */
  readonly #quantum: number;

  constructor(wall: number, quantum = 0) {
    this.#wall = wall;
    this.#quantum = quantum;
  }

  now(): number {
    return this.#wall + this.#elapsed;
  }

  after(milliseconds: number, callback: () => void): Timer {
    const pending: Pending = { callback };
    this.#pending.push(this.#elapsed + Math.max(milliseconds, 0), pending);
    return {
      cancel() {
        pending.callback = null;
      },
    };
  }

  /** Moves the wall clock only, as an administrator or a broken battery does. */
  jump(milliseconds: number): void {
    this.#wall += milliseconds;
  }

  /** Lets `milliseconds` pass, ringing timers in order and letting everything that became possible happen in between. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#elapsed + milliseconds;
    await turn();
    while (this.#pending.first <= end) {
      this.#elapsed = Math.min(Math.max(this.#pending.first + this.#quantum, this.#elapsed), end);
      let rang = false;
      while (this.#pending.first <= this.#elapsed) {
        const pending = this.#pending.pop();
        if (!pending?.callback) continue;
        rang = true;
        pending.callback();
      }
      if (rang) await turn();
    }
    this.#elapsed = end;
  }
}
