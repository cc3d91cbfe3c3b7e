import type { Budgets } from '../budgets.ts';
import { writeData } from '../frames/data.ts';
import { greatestWindow, initialWindow } from '../frames/frame-type.ts';
import type { FrameWriter } from '../frames/frame-writer.ts';
import { SendQueue } from './send-queue.ts';
import { Blocked, type Stream, StreamState } from './stream.ts';

/** DATA frames are cut to this even when the peer takes longer ones, so that others get their turn. */
const longestData = 16384;
/** A DATA frame of this size is worth a peer's window updates. */
const worthUpdates = 1024;

/** The sending side of flow control (RFC 9113 §5.2): windows, the limit of unsent output, and whose turn it is. */
export class Outflow {
  /** What we may still send on the connection. */
  window: number = initialWindow;
  /** In the time of `tick`. */
  now = 0;
  /** Streams that wait for their own window. */
  waiting = 0;
  readonly #queue = new SendQueue();
  readonly #writer: FrameWriter;
  readonly #budgets: Budgets;
  readonly #limit: number;
  #turn: Stream | null = null;
  /** When data was last written, in the time of `tick`. */
  progressedAt = 0;

  constructor(writer: FrameWriter, budgets: Budgets, limit: number) {
    this.#writer = writer;
    this.#budgets = budgets;
    this.#limit = limit;
  }

  /** Whether so much output is unsent that nothing should be added. */
  get isCongested(): boolean {
    return this.#writer.pending >= this.#limit;
  }

  /** Whether a stream that sends now would have to wait its turn. */
  get hasQueue(): boolean {
    return this.#queue.size > 0;
  }

  /** Whether streams wait, for whatever. */
  get hasBlocked(): boolean {
    return this.#queue.size > 0 || this.waiting > 0;
  }

  /**
   * Writes as much as windows and output allow; the last octet carries END_STREAM when `endStream`. Returns how many octets
   * were taken. When not all were, the stream waits, and its turn is announced by `resume` or by its own window.
   */
  send(stream: Stream, bytes: Buffer, start: number, end: number, endStream: boolean): number {
    if (start === end) {
      if (endStream) {
        this.#writer.dataRoom();
        writeData(this.#writer, stream.id, bytes, start, end, true);
      }
      return 0;
    }
    let at = start;
    if (this.#queue.size === 0 || this.#turn === stream) at = this.#fill(stream, bytes, start, end, endStream);
    if (at === end) this.#unblock(stream);
    else this.#block(stream, at > start);
    return at - start;
  }

  #fill(stream: Stream, bytes: Buffer, start: number, end: number, endStream: boolean): number {
    const writer = this.#writer;
    let at = start;
    if (this.isCongested) return at;
    // Begun below the limit, a piece may go up to twice that far: what was read is better written out whole than kept in part.
    const most = 2 * this.#limit;
    while (at < end) {
      const window = Math.min(stream.sendWindow, this.window, most - writer.pending, longestData);
      if (window <= 0) break;
      const count = Math.min(end - at, window, writer.dataRoom());
      stream.sendWindow -= count;
      this.window -= count;
      writeData(writer, stream.id, bytes, at, at + count, endStream && at + count === end);
      at += count;
      this.progressedAt = this.now;
      if (count >= worthUpdates) this.#budgets.earnWindowUpdates(8);
    }
    return at;
  }

  #block(stream: Stream, progressed: boolean): void {
    if (stream.sendWindow <= 0 && this.window > 0) {
      if (stream.blocked === Blocked.NO || progressed) stream.blockedAt = this.now;
      if (stream.blocked === Blocked.BY_STREAM_WINDOW) return;
      this.#queue.remove(stream);
      stream.blocked = Blocked.BY_STREAM_WINDOW;
      this.waiting++;
      return;
    }
    if (stream.blocked === Blocked.BY_STREAM_WINDOW) this.#unblock(stream);
    if (stream.blocked === Blocked.NO) stream.blockedAt = progressed || !this.#turn ? this.now : stream.blockedAt;
    this.#queue.add(stream, this.#turn === stream);
  }

  #unblock(stream: Stream): void {
    if (stream.blocked === Blocked.BY_STREAM_WINDOW) {
      this.waiting--;
      stream.blocked = Blocked.NO;
    }
  }

  /** The stream is no more. */
  forget(stream: Stream): void {
    this.#queue.remove(stream);
    this.#unblock(stream);
  }

  setPriority(stream: Stream, priority: number): void {
    this.#queue.setPriority(stream, priority);
  }

  /** Opens the connection's window. False when it would pass its greatest size (RFC 9113 §6.9.1). */
  openConnection(increment: number): boolean {
    this.window += increment;
    return this.window <= greatestWindow;
  }

  /** Opens a stream's window. False when it would pass its greatest size. */
  openStream(stream: Stream, increment: number): boolean {
    stream.sendWindow += increment;
    return stream.sendWindow <= greatestWindow;
  }

  /** Whether a stream that waited for its window may go on; it no longer waits then. */
  release(stream: Stream): boolean {
    if (stream.blocked !== Blocked.BY_STREAM_WINDOW || stream.sendWindow <= 0) return false;
    this.#unblock(stream);
    return true;
  }

  /** Gives the waiting streams their turns while there is room; `turn` is expected to send. */
  resume(turn: (stream: Stream) => void): void {
    for (let left = this.#queue.size; left > 0 && this.window > 0 && !this.isCongested; left--) {
      const stream = this.#queue.shift();
      if (stream === null) return;
      this.#turn = stream;
      turn(stream);
      this.#turn = null;
    }
  }

  /**
   * Whether a stream has waited since before `time` without sending an octet. One that waits for the connection is not stalled
   * as long as others go on: it is their turn.
   */
  isStalled(stream: Stream, time: number): boolean {
    if (stream.state === StreamState.CLOSED || stream.blocked === Blocked.NO || stream.blockedAt >= time) return false;
    return stream.blocked === Blocked.BY_STREAM_WINDOW || this.progressedAt < time;
  }
}
