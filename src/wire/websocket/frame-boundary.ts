/**
 * Follows WebSocket frames (RFC 6455 §5.2) in one direction, only to know whether a frame of our own may be put between
 * them. The payload is never looked at.
 */
export class FrameBoundary {
  /** Octets of the header being read; it is at most 14 long. */
  #header = 0;
  #headerLength = 2;
  #payloadOctets = 0;
  #remaining = 0;
  #length = 0;

  /** No frame is under way. */
  get betweenFrames(): boolean {
    return this.#header === 0 && this.#remaining === 0;
  }

  follow(bytes: Uint8Array, start: number, end: number): void {
    let i = start;
    while (i < end) {
      if (this.#remaining > 0) {
        const skipped = Math.min(this.#remaining, end - i);
        this.#remaining -= skipped;
        i += skipped;
      } else {
        this.#readHeader(bytes[i]!);
        i++;
      }
    }
  }

  #readHeader(octet: number): void {
    this.#header++;
    if (this.#header === 1) {
      this.#length = 0;
      return;
    }
    if (this.#header === 2) {
      const short = octet & 0x7f;
      this.#payloadOctets = short === 127 ? 8 : short === 126 ? 2 : 0;
      this.#headerLength = 2 + this.#payloadOctets + ((octet & 0x80) === 0 ? 0 : 4);
      if (this.#payloadOctets === 0) this.#length = short;
    } else if (this.#header <= 2 + this.#payloadOctets) {
      this.#length = this.#length * 256 + octet;
    }
    if (this.#header === this.#headerLength) {
      this.#header = 0;
      this.#remaining = this.#length;
    }
  }
}

/** A server's Close frame: 1001, going away (RFC 6455 §7.4.1). */
export const serverGoingAway = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/** The same from a client, masked with zeros, which leaves it as it is. */
export const clientGoingAway = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9]);
