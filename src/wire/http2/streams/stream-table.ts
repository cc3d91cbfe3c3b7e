import type { Stream } from './stream.ts';

/** Places of a table at first, and at most; powers of two. */
const leastPlaces = 8;
const mostPlaces = 256;

/**
 * The open streams of one connection by their numbers. A place is found from the number itself, because those of streams that are open
 * together follow each other; a `Map` shrinks and grows again with every request of a client that asks one thing at a time. A stream
 * that has been open for long stands in the way of some later ones, which then are in a map after all.
 */
export class StreamTable {
  /** How many there are. */
  size = 0;
  #places: (Stream | null)[] = new Array<Stream | null>(leastPlaces).fill(null);
  #others: Map<number, Stream> | null = null;

  get(id: number): Stream | undefined {
    const stream = this.#places[this.#place(id)]!;
    if (stream !== null && stream.id === id) return stream;
    return this.#others?.get(id);
  }

  /** Adds a stream whose number is not there. */
  add(stream: Stream): void {
    if (2 * ++this.size > this.#places.length && this.#places.length < mostPlaces) this.#grow();
    this.#put(stream);
  }

  /** Takes a stream out; one that is not there changes nothing. */
  delete(stream: Stream): void {
    const place = this.#place(stream.id);
    if (this.#places[place] === stream) this.#places[place] = null;
    else if (!this.#others?.delete(stream.id)) return;
    this.size--;
  }

  /** All of them at the moment, in no order. */
  all(): Stream[] {
    const streams = this.#places.filter((stream) => stream !== null);
    return this.#others === null ? streams : [...streams, ...this.#others.values()];
  }

  /** Numbers of one side are all odd or all even. */
  #place(id: number): number {
    return (id >>> 1) & (this.#places.length - 1);
  }

  #put(stream: Stream): void {
    const place = this.#place(stream.id);
    if (this.#places[place] === null) this.#places[place] = stream;
    else {
      this.#others ??= new Map();
      this.#others.set(stream.id, stream);
    }
  }

  #grow(): void {
    const streams = this.all();
    this.#places = new Array<Stream | null>(2 * this.#places.length).fill(null);
    this.#others = null;
    for (const stream of streams) this.#put(stream);
  }
}
