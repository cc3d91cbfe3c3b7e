import { sample } from 'fast-check';
import { Coverage } from './coverage.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import { type FuzzTarget, toBuffer } from './target.ts';

/** When a run ends: whichever comes first; the time only after a first round of mutated inputs. */
export interface Budget {
  readonly milliseconds: number;
  readonly inputs: number;
}

export interface FuzzerOptions {
  readonly target: FuzzTarget;
  readonly saved: readonly Buffer[];
  readonly seed: number;
  /** Share of the time in which coverage guides, 0 to 1. */
  readonly guided: number;
  /** Called before each input is fed. */
  readonly before: (input: Buffer) => void;
  /** Called when an input broke something. */
  readonly broke: (input: Buffer, error: unknown) => void;
}

/** Inputs between two looks at the counters. */
const batchSize = 24;
/** Inputs between two looks at the clock. */
const clockEvery = 64;
const mostKept = 3000;
const defaultMostBytes = 2048;
const freshInputs = 40;
const renewEvery = 20_000;

/**
 * Feeds inputs to one target: the saved ones, the seeds, well-formed ones, then mutations of all that were worth keeping.
 * Kept is what reached new blocks (while guided) or had an outcome not seen before.
 */
export class Fuzzer {
  readonly kept: Buffer[] = [];
  readonly outcomes = new Map<string, number>();
  inputs = 0;
  blocks = 0;
  readonly #options: FuzzerOptions;
  readonly #random: Random;
  readonly #dictionary: readonly Buffer[];
  #base: Buffer[] = [];

  constructor(options: FuzzerOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#dictionary = (options.target.dictionary ?? []).map(toBuffer);
  }

  run({ milliseconds, inputs }: Budget): void {
    const end = performance.now() + milliseconds;
    const { saved, target, guided } = this.#options;
    this.#base = [...saved, ...target.seeds.map(toBuffer), ...this.#wellFormed()];
    if (this.#base.length === 0) this.#base.push(Buffer.alloc(0));
    if (guided > 0) this.#explore(performance.now() + milliseconds * guided, inputs);
    else for (const input of this.#base) this.#feed(input);
    for (let next = 0; this.inputs < inputs; next++) {
      if (next > 0 && next % clockEvery === 0 && performance.now() > end) return;
      if (next % renewEvery === renewEvery - 1) for (const input of this.#wellFormed()) this.#feed(input);
      const input = this.#mutant();
      const before = this.outcomes.size;
      this.#feed(input);
      if (this.outcomes.size > before) this.#keep(input);
    }
  }

  /** Looks at the counters after each batch; only a batch with news is looked at input by input. */
  #explore(end: number, inputs: number): void {
    const coverage = new Coverage();
    const consider = (batch: readonly Buffer[]): void => {
      for (const input of batch) this.#feed(input);
      if (!coverage.anythingNew()) return;
      for (const input of batch) {
        this.#feed(input);
        if (coverage.take()) this.#keep(input);
      }
    };
    for (const input of [...this.#base]) {
      this.#feed(input);
      if (coverage.take()) this.kept.push(input);
    }
    while (performance.now() < end && this.inputs < inputs) {
      consider(Array.from({ length: batchSize }, () => this.#mutant()));
    }
    this.blocks = coverage.blocks;
    coverage.end();
  }

  #mutant(): Buffer {
    const random = this.#random;
    const from = this.kept.length > 0 && random.oneIn(2) ? this.kept : this.#base;
    const mostBytes = this.#options.target.mostBytes ?? defaultMostBytes;
    return mutate(random.pick(from), random, { dictionary: this.#dictionary, others: this.#base, mostBytes });
  }

  #keep(input: Buffer): void {
    if (this.kept.length < mostKept) this.kept.push(input);
    else this.kept[this.#random.below(mostKept)] = input;
    if (this.#base.length < mostKept) this.#base.push(input);
  }

  #feed(input: Buffer): void {
    this.#options.before(input);
    this.inputs++;
    try {
      const outcome = this.#options.target.check(input);
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    } catch (error) {
      this.#options.broke(input, error);
    }
  }

  #wellFormed(): Buffer[] {
    const { wellFormed } = this.#options.target;
    if (wellFormed === undefined) return [];
    return sample(wellFormed, { numRuns: freshInputs, seed: this.#random.below(2 ** 31) }).map(toBuffer);
  }
}
