import { failure, needMore } from '../outcome.ts';

/** Name of a failure, or `more`: everything was read and the message still is not complete. */
export type Refusal = keyof typeof failure | 'more';

/** One message and what a strict reader makes of it. */
export interface Case<Wanted> {
  readonly name: string;
  /** Where it says so: section of RFC 9112 unless it starts with another number. */
  readonly section: string;
  /** An octet a character (ISO 8859-1). */
  readonly bytes: string;
  readonly wanted: Wanted | Refusal;
}

const names = new Map<number, Refusal>([[needMore, 'more']]);
for (const [name, code] of Object.entries(failure)) names.set(code, name as Refusal);

/** What a reader's number means: the name of a failure, `more`, or the offset it returned. */
export function outcomeOf(result: number): Refusal | number {
  return names.get(result) ?? result;
}
