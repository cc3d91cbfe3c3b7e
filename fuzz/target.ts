import type { Arbitrary } from 'fast-check';

/** One reader under fuzzing. A file in `targets/` exports it as `target`; `registry.ts` names the file. */
export interface FuzzTarget {
  /** What is read, with the section of its standard. */
  readonly reads: string;
  /** Inputs to begin with, besides the saved corpus. */
  readonly seeds: readonly (string | Buffer)[];
  /** Words that mean something to the reader; latin1. */
  readonly dictionary?: readonly string[];
  /** Well-formed inputs, made anew for each run; strings are latin1. */
  readonly wellFormed?: Arbitrary<string | Uint8Array>;
  /** Longest input, octets. Default 2048. */
  readonly mostBytes?: number;
  /**
   * Feeds one input to the reader and asserts whatever must hold of every input. Returns what became of it, one of a few
   * words: an input with a new one is kept and built upon. Throws when something does not hold. Never asynchronous.
   */
  check(input: Buffer): string;
}

/** An octet a character. */
export function toBuffer(input: string | Uint8Array): Buffer {
  return typeof input === 'string' ? Buffer.from(input, 'latin1') : Buffer.from(input);
}
