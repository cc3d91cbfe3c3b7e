import { Blocked, type Stream } from './stream.ts';

const levels = 8;
const none: (Stream | null)[] = [];

/**
 * Streams that have data and wait for the connection: its window, or room in its output. The most urgent come first (RFC 9218 §10);
 * within one urgency, incremental streams take turns and the others go on until they are done.
 */
export class SendQueue {
  size = 0;
  /** Made when the first stream waits; most connections never see one. */
  #first: (Stream | null)[] = none;
  #last: (Stream | null)[] = none;

  /** Adds a stream; `again`: it had a turn and did not finish. */
  add(stream: Stream, again: boolean): void {
    if (stream.blocked === Blocked.QUEUED) return;
    if (this.#first.length === 0) {
      this.#first = new Array<Stream | null>(levels).fill(null);
      this.#last = new Array<Stream | null>(levels).fill(null);
    }
    stream.blocked = Blocked.QUEUED;
    this.size++;
    const level = stream.urgency;
    if (again && !stream.incremental) {
      const first = this.#first[level] ?? null;
      stream.next = first;
      if (first) first.previous = stream;
      else this.#last[level] = stream;
      this.#first[level] = stream;
      return;
    }
    const last = this.#last[level] ?? null;
    stream.previous = last;
    if (last) last.next = stream;
    else this.#first[level] = stream;
    this.#last[level] = stream;
  }

  /** Takes the stream whose turn it is. */
  shift(): Stream | null {
    for (let level = 0; level < this.#first.length; level++) {
      const stream = this.#first[level];
      if (!stream) continue;
      this.remove(stream);
      return stream;
    }
    return null;
  }

  /** Takes a stream out, if it is in. */
  remove(stream: Stream): void {
    if (stream.blocked !== Blocked.QUEUED) return;
    stream.blocked = Blocked.NO;
    this.size--;
    if (stream.previous) stream.previous.next = stream.next;
    else this.#first[stream.urgency] = stream.next;
    if (stream.next) stream.next.previous = stream.previous;
    else this.#last[stream.urgency] = stream.previous;
    stream.next = null;
    stream.previous = null;
  }

  /** Changes the priority of a stream, queued or not. */
  setPriority(stream: Stream, priority: number): void {
    const queued = stream.blocked === Blocked.QUEUED;
    this.remove(stream);
    stream.setPriority(priority);
    if (queued) this.add(stream, false);
  }
}
