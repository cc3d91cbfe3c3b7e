import type { Socket } from 'node:net';
import type { SocketWriter } from '../socket-writer.ts';

/**
 * Whether a client takes what waits for it. A slow one may need minutes for one large write, so what the kernel has
 * taken of it counts, as it does for `socket.setTimeout`.
 */
export class OutputProgress {
  readonly #raw: Socket;
  readonly #writer: SocketWriter;
  #taken = 0;
  #movedAt: number;

  /** `raw`: the TCP socket below `writer`'s. */
  constructor(raw: Socket, writer: SocketWriter, now: number) {
    this.#movedAt = now;
    this.#raw = raw;
    this.#writer = writer;
  }

  /**
   * To be called about once a second; `waits`: there is something that the client should take. Returns for how many
   * milliseconds it has taken nothing. `sentAt`: when the protocol last let something out.
   */
  stalledFor(now: number, waits: boolean, sentAt: number): number {
    const taken = this.#writer.bytesWritten - queuedBytes(this.#raw);
    if (!waits || (taken !== this.#taken && !this.#writer.idle)) this.#movedAt = now;
    this.#taken = taken;
    this.#movedAt = Math.max(this.#movedAt, sentAt);
    return now - this.#movedAt;
  }
}

/** Bytes that Node has been given for a TCP socket and the kernel has not taken. */
function queuedBytes(raw: Socket): number {
  const handle: unknown = Reflect.get(raw, '_handle');
  if (typeof handle !== 'object' || handle === null || !('writeQueueSize' in handle)) return 0;
  return Number(handle.writeQueueSize);
}
