/** What became of the requests of one kind. */
export class Tally {
  sent = 0;
  answered = 0;
  /** Milliseconds; the longest wait for an answer. */
  longest = 0;
  /** How many failed, by reason. */
  readonly failures = new Map<string, number>();

  get failed(): number {
    return [...this.failures.values()].reduce((sum, count) => sum + count, 0);
  }

  began(): number {
    this.sent++;
    return performance.now();
  }

  ended(at: number): void {
    this.answered++;
    this.longest = Math.max(this.longest, performance.now() - at);
  }

  broke(reason: string): void {
    this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1);
  }
}

/** Reads answers with a Content-Length, one at a time. */
export class AnswerReader {
  #text = '';

  /** The answer when it is whole; null until then. */
  push(piece: string): { readonly status: number; readonly isLast: boolean } | null {
    this.#text += piece;
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return null;
    const head = this.#text.slice(0, end + 2);
    const length = Number(/\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1] ?? 0);
    if (this.#text.length < end + 4 + length) return null;
    this.#text = this.#text.slice(end + 4 + length);
    return { status: Number(head.slice(9, 12)), isLast: /\r\nconnection: *close\r\n/i.test(head) };
  }

  /** Nothing of an answer has come. */
  get isEmpty(): boolean {
    return this.#text === '';
  }
}
