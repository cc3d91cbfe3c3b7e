/** Views of one buffer from its start, each made once: making one costs as much as copying what a small message holds. */
export class PrefixViews {
  readonly #bytes: Buffer;
  readonly #longest: number;
  readonly #views: (Buffer | undefined)[] = [];

  /** Views up to `longest` octets are kept. */
  constructor(bytes: Buffer, longest: number) {
    this.#bytes = bytes;
    this.#longest = longest;
  }

  /** The first `length` octets. */
  of(length: number): Buffer {
    if (length > this.#longest) return this.#bytes.subarray(0, length);
    this.#views[length] ??= this.#bytes.subarray(0, length);
    return this.#views[length];
  }
}
