import type { FieldTable } from '../../wire/http1/field-table.ts';

/** What has come of a request's body before it can be sent on: at most what was read before its client was paused. */
export class HeldBody {
  /** The end of the body has come. */
  ended = false;
  trailers: FieldTable | null = null;
  #pieces: Buffer[] = [];

  get empty(): boolean {
    return this.#pieces.length === 0 && !this.ended;
  }

  add(bytes: Buffer, start: number, end: number): void {
    this.#pieces.push(Buffer.from(bytes.subarray(start, end)));
  }

  end(trailers: FieldTable | null): void {
    this.ended = true;
    this.trailers = trailers;
  }

  /** The pieces, which are then gone. */
  take(): readonly Buffer[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  clear(): void {
    if (this.#pieces.length > 0) this.#pieces = [];
    this.ended = false;
    this.trailers = null;
  }
}
