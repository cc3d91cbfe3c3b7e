/** Open connections of one worker by client (see `clientKey`); 0 for a client that has gone. Plain data, to be sent to another process. */
export type ClientCounts = readonly (readonly [client: string, open: number])[];

/**
 * Client connections at the other workers, as far as they have told: limits hold for all workers together. What one tells reaches the others
 * a moment later, so a burst may for that moment pass a limit by as many connections as there are workers.
 */
export class Crowd {
  /** How many workers there are. */
  workers = 1;
  readonly #tell: (changes: ClientCounts) => void;
  readonly #elsewhere = new Map<number, Map<string, number>>();
  #changes = new Map<string, number>();

  constructor(tell: (changes: ClientCounts) => void) {
    this.#tell = tell;
  }

  /** The other workers will be told that this one has `open` connections of `client`; many changes at a time go together. */
  changed(client: string, open: number): void {
    if (this.#changes.size === 0) setImmediate(this.#send);
    this.#changes.set(client, open);
  }

  /** Takes in what the worker `from` has told. */
  learn(from: number, changes: ClientCounts): void {
    const counts = this.#elsewhere.get(from) ?? new Map<string, number>();
    this.#elsewhere.set(from, counts);
    for (const [client, open] of changes) {
      if (open === 0) counts.delete(client);
      else counts.set(client, open);
    }
  }

  /** The worker `from` has ended, and its connections with it. */
  forget(from: number): void {
    this.#elsewhere.delete(from);
  }

  /** Connections of one client at other workers. */
  of(client: string): number {
    let sum = 0;
    for (const counts of this.#elsewhere.values()) sum += counts.get(client) ?? 0;
    return sum;
  }

  readonly #send = (): void => {
    this.#tell([...this.#changes]);
    this.#changes = new Map();
  };
}
