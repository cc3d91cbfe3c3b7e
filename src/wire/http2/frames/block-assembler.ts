/** CONTINUATION frames of one field block; an honest peer fills its frames. */
const mostPieces = 32;

/**
 * Puts together a field block that goes on in CONTINUATION frames (RFC 9113 §6.10), within bounds: without them a peer could make us hold
 * any amount before a request exists (CVE-2024-27316 and its kin).
 */
export class BlockAssembler {
  /** The stream of the open block, 0 without one. */
  streamId = 0;
  /** Flags of its HEADERS frame. */
  flags = 0;
  readonly #mostBytes: number;
  #bytes = 0;
  #pieces: Buffer[] = [];

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get isOpen(): boolean {
    return this.streamId !== 0;
  }

  begin(streamId: number, flags: number): void {
    this.streamId = streamId;
    this.flags = flags;
    this.#bytes = 0;
  }

  /** Keeps a copy of a piece; false when the block is longer, or in more pieces, than it may be. */
  add(bytes: Buffer, start: number, end: number): boolean {
    this.#bytes += end - start;
    if (this.#bytes > this.#mostBytes || this.#pieces.length > mostPieces) return false;
    this.#pieces.push(Buffer.from(bytes.subarray(start, end)));
    return true;
  }

  /** The whole block; the assembler is free for the next. */
  take(): Buffer {
    const block = Buffer.concat(this.#pieces);
    this.drop();
    return block;
  }

  drop(): void {
    this.#pieces = [];
    this.streamId = 0;
  }
}
