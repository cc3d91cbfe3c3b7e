import type { Budget } from './fuzzer.ts';

/** Octets of an input that are kept for the case that it hangs. */
const mostBytes = 64 * 1024;
const headerBytes = 8;

/** The input being fed, in memory that the main thread can read while the worker is busy with it. */
export class SharedInput {
  readonly memory: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(headerBytes + mostBytes)) {
    this.memory = memory;
    this.#header = new Int32Array(memory, 0, 2);
    this.#bytes = new Uint8Array(memory, headerBytes);
  }

  /** Inputs put so far; wraps around. */
  get count(): number {
    return Atomics.load(this.#header, 0);
  }

  put(input: Buffer): void {
    const length = Math.min(input.length, mostBytes);
    this.#bytes.set(length === input.length ? input : input.subarray(0, length));
    this.#header[1] = length;
    Atomics.add(this.#header, 0, 1);
  }

  get(): Buffer {
    return Buffer.from(this.#bytes.slice(0, this.#header[1]));
  }
}

/** What a worker is started with. */
export interface Started {
  readonly name: string;
  readonly seed: number;
  readonly guided: number;
  readonly budget: Budget;
  readonly memory: SharedArrayBuffer;
}

/** What it says. */
export type WorkerMessage =
  | { readonly kind: 'broke'; readonly input: Uint8Array; readonly reason: string }
  | {
      readonly kind: 'done';
      readonly inputs: number;
      readonly blocks: number;
      readonly outcomes: readonly [outcome: string, count: number][];
      readonly kept: readonly Uint8Array[];
    };
