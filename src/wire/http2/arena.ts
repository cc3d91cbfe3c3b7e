import { PrefixViews } from '../prefix-views.ts';

/** Output up to this long has its view of the memory made once; there are many arenas. */
const longestKeptView = 512;

/** One buffer of output: octets 0 to `length` are to be written to the socket, then the arena goes back to its pool. */
export class Arena {
  readonly bytes: Buffer;
  length = 0;
  readonly #views: PrefixViews;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.#views = new PrefixViews(this.bytes, longestKeptView);
  }

  /** What is to be written. */
  get output(): Buffer {
    return this.#views.of(this.length);
  }
}

/** Arenas of one process. Sized to peak demand, it hardly ever allocates; above `spare` free ones the rest is let go. */
export class ArenaPool {
  readonly size: number;
  /** Arenas made since the start: a figure that keeps growing says that `spare` is too small. */
  made = 0;
  readonly #spare: number;
  readonly #free: Arena[] = [];

  /** `size` in octets, at least twice the longest head. */
  constructor(size = 128 * 1024, spare = 128) {
    this.size = size;
    this.#spare = spare;
  }

  take(): Arena {
    const arena = this.#free.pop();
    if (arena) return arena;
    this.made++;
    return new Arena(this.size);
  }

  give(arena: Arena): void {
    arena.length = 0;
    if (this.#free.length < this.#spare) this.#free.push(arena);
  }
}
