import { type Profiler, Session } from 'node:inspector';

/**
 * Block coverage of the product's code, by V8's own counters: tells which inputs reach something new. Code runs about
 * twenty times slower meanwhile, so a run is guided at its beginning only.
 */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Blocks reached so far. */
  get blocks(): number {
    return this.#seen.size;
  }

  /** Whether a block was reached since the last call of either method that no {@link take} has seen. */
  anythingNew(): boolean {
    return this.#reached().some((block) => !this.#seen.has(block));
  }

  /** As {@link anythingNew}, and remembers all of them. */
  take(): boolean {
    const before = this.#seen.size;
    for (const block of this.#reached()) this.#seen.add(block);
    return this.#seen.size > before;
  }

  end(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }

  #reached(): string[] {
    let scripts: Profiler.ScriptCoverage[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error === null) scripts = taken.result;
    });
    return scripts
      .filter(({ url }) => url.includes('/src/'))
      .flatMap(({ url, functions }) => functions.flatMap(({ ranges }) => ranges.map((range) => ({ url, ...range }))))
      .filter(({ count }) => count > 0)
      .map(({ url, startOffset, endOffset }) => `${url}:${startOffset}-${endOffset}`);
  }
}
