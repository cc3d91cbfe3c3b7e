/**
 * One receiving side of flow control (RFC 9113 §5.2): of a stream, or of a connection. The window is what the peer may still send;
 * `held` is what it has sent and the reader has not consumed, which is the memory it can occupy.
 *
 * It starts small and doubles, up to `most`, each time the peer filled half of it and the reader had consumed everything: then the window
 * is what slows the transfer. A reader that falls behind keeps it as it is.
 */
export class ReceiveWindow {
  available: number;
  size: number;
  held = 0;
  readonly #most: number;

  constructor(size: number, most: number) {
    this.size = size;
    this.available = size;
    this.#most = most;
  }

  /** The peer sent `count` octets. False when it had no right to (RFC 9113 §6.9.1). */
  take(count: number): boolean {
    if (count > this.available) return false;
    this.available -= count;
    this.held += count;
    return true;
  }

  /**
   * The reader consumed `count` octets of those held. Returns the increment to announce now, or 0: announcements are
   * put off until they are worth a frame.
   */
  consume(count: number): number {
    this.held -= count;
    const owed = this.size - this.available - this.held;
    if (owed * 2 < this.size) return 0;
    let increment = owed;
    if (this.held === 0 && this.size < this.#most) {
      const grown = Math.min(this.size * 2, this.#most);
      increment += grown - this.size;
      this.size = grown;
    }
    this.available += increment;
    return increment;
  }
}
