interface Waiter {
  readonly from: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Those who wait for a new process of an app to serve. */
export class Waiters {
  #waiting: readonly Waiter[] = [];

  /** Resolves when a process with the number `from` or a later one serves; rejects when one of them fails first. */
  add(from: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = [...this.#waiting, { from, resolve, reject }];
    });
  }

  served(process: number): void {
    for (const { resolve } of this.#take(process)) resolve();
  }

  failed(process: number, error: Error): void {
    for (const { reject } of this.#take(process)) reject(error);
  }

  #take(process: number): readonly Waiter[] {
    const taken = this.#waiting.filter(({ from }) => from <= process);
    this.#waiting = this.#waiting.filter(({ from }) => from > process);
    return taken;
  }
}
