import type { Arena, ArenaPool } from '../arena.ts';
import { frameHeaderLength } from './frame-type.ts';

/** Where a new arena begins rather than a DATA frame being cut shorter than this. */
const leastDataRoom = 2048;

/**
 * Writes frames one behind the other into an arena, so that everything a connection has to say in one turn of the event loop leaves
 * in one piece. When an arena is full the next one is begun; `take` hands them out in order.
 */
export class FrameWriter {
  /** The arena being written, and the position in it; valid after `reserve`. */
  bytes: Buffer = nothing;
  at = 0;
  readonly #pool: ArenaPool;
  #arena: Arena | null = null;
  readonly #full: Arena[] = [];
  #fullBytes = 0;

  constructor(pool: ArenaPool) {
    this.#pool = pool;
  }

  /** Octets written and not taken. */
  get pending(): number {
    return this.#fullBytes + this.at;
  }

  /** Makes sure that `count` octets (at most an arena) can be written in a row at `at`. */
  reserve(count: number): void {
    if (this.#arena !== null && this.at + count <= this.bytes.length) return;
    this.#rotate();
  }

  /** Room for the data of one DATA frame, its header not counted. */
  dataRoom(): number {
    if (this.#arena === null || this.bytes.length - this.at < frameHeaderLength + leastDataRoom) this.#rotate();
    return this.bytes.length - this.at - frameHeaderLength;
  }

  /** Writes a frame header (RFC 9113 §4.1). The caller has reserved the room. */
  header(length: number, type: number, flags: number, streamId: number): void {
    writeHeader(this.bytes, this.at, length, type, flags, streamId);
    this.at += frameHeaderLength;
  }

  /** The next arena with output, or null. Once it is written, it goes back to the pool. */
  take(): Arena | null {
    const full = this.#full.shift();
    if (full) {
      this.#fullBytes -= full.length;
      return full;
    }
    if (this.#arena === null || this.at === 0) return null;
    const arena = this.#arena;
    arena.length = this.at;
    this.#drop();
    return arena;
  }

  /** Lets go of everything. */
  discard(): void {
    for (let arena = this.take(); arena !== null; arena = this.take()) this.#pool.give(arena);
    if (this.#arena !== null) this.#pool.give(this.#arena);
    this.#drop();
  }

  #drop(): void {
    this.#arena = null;
    this.bytes = nothing;
    this.at = 0;
  }

  #rotate(): void {
    if (this.#arena !== null && this.at > 0) {
      this.#arena.length = this.at;
      this.#fullBytes += this.at;
      this.#full.push(this.#arena);
      this.#arena = null;
    }
    this.#arena ??= this.#pool.take();
    this.bytes = this.#arena.bytes;
    this.at = 0;
  }
}

const nothing = Buffer.alloc(0);

/** Writes a frame header at `at`. */
export function writeHeader(
  bytes: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): void {
  bytes[at] = length >>> 16;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  bytes[at + 5] = streamId >>> 24;
  bytes[at + 6] = streamId >>> 16;
  bytes[at + 7] = streamId >>> 8;
  bytes[at + 8] = streamId;
}
