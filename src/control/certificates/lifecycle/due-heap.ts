/** A binary heap of keys by time: the smallest first. Keys may stand in it several times. */
export class DueHeap<T> {
  #times: number[] = [];
  #values: T[] = [];

  get size(): number {
    return this.#times.length;
  }

  /** The smallest time; infinite when empty. */
  get first(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  push(time: number, value: T): void {
    let index = this.#times.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#times[parent]! <= time) break;
      this.#times[index] = this.#times[parent]!;
      this.#values[index] = this.#values[parent]!;
      index = parent;
    }
    this.#times[index] = time;
    this.#values[index] = value;
  }

  /** Takes out the value with the smallest time; undefined when empty. */
  pop(): T | undefined {
    const result = this.#values[0];
    const time = this.#times.pop();
    const value = this.#values.pop();
    if (time !== undefined && this.#times.length > 0) this.#sink(time, value!);
    return result;
  }

  #sink(time: number, value: T): void {
    const size = this.#times.length;
    let index = 0;
    for (let child = 1; child < size; child = 2 * index + 1) {
      if (child + 1 < size && this.#times[child + 1]! < this.#times[child]!) child++;
      if (this.#times[child]! >= time) break;
      this.#times[index] = this.#times[child]!;
      this.#values[index] = this.#values[child]!;
      index = child;
    }
    this.#times[index] = time;
    this.#values[index] = value;
  }
}
