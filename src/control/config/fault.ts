import { z } from 'zod';

/**
 * What is wrong with one value. No member may quote the value itself: it can be a secret that came from `${ENV}`.
 * The place and the text as written are added by whoever reports it. `didYouMean` is left out of reports on secrets.
 */
export interface Fault {
  /** What is wrong, e.g. `not a duration`. */
  readonly what: string;
  /** The form that would be right, with an example. */
  readonly wanted?: string | undefined;
  readonly didYouMean?: string | undefined;
  /** What to do about it, one sentence. */
  readonly cure?: string | undefined;
  /** Where below the value, when not the value itself. */
  readonly below?: readonly string[] | undefined;
  /** Whether the key is at fault rather than what it holds. */
  readonly onKey?: boolean | undefined;
}

/** A value, or every reason why there is none. */
export type Outcome<T> =
  | { readonly value: T; readonly faults?: never }
  | { readonly faults: readonly Fault[]; readonly value?: never };

/** An outcome with a single fault. */
export function fail(what: string, rest: Omit<Fault, 'what'> = {}): { readonly faults: readonly Fault[] } {
  return { faults: [{ what, ...rest }] };
}

/** A schema that takes what `schema` takes and gives what `parse` makes of it; faults become issues that carry them. */
export function parsed<S extends z.ZodType, T>(schema: S, parse: (input: z.output<S>) => Outcome<T>) {
  return schema.transform((input, context): T => {
    const outcome = parse(input);
    if (outcome.faults === undefined) return outcome.value;
    for (const fault of outcome.faults) {
      context.issues.push({
        code: 'custom',
        input,
        message: fault.what,
        path: [...(fault.below ?? [])],
        params: { fault },
      });
    }
    return z.NEVER;
  });
}

/** The fault an issue of a {@link parsed} schema carries. */
export function faultOf(issue: z.core.$ZodIssue): Fault | null {
  if (issue.code !== 'custom') return null;
  const fault: unknown = issue.params?.fault;
  return isFault(fault) ? fault : null;
}

function isFault(value: unknown): value is Fault {
  return typeof value === 'object' && value !== null && 'what' in value && typeof value.what === 'string';
}
