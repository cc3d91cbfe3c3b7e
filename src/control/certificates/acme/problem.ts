import { z } from 'zod';

const identifierSchema = z.object({ type: z.string(), value: z.string() });

const subproblemSchema = z.object({
  type: z.string().catch('about:blank'),
  detail: z.string().catch(''),
  identifier: identifierSchema.optional().catch(undefined),
});

/** A problem document as CAs send it (RFC 7807; RFC 8555 section 6.7). Foreign members are dropped. */
export const problemSchema = z.object({
  type: z.string().catch('about:blank'),
  detail: z.string().catch(''),
  status: z.number().optional().catch(undefined),
  subproblems: z.array(subproblemSchema).catch([]),
});

export type ProblemDocument = z.infer<typeof problemSchema>;

const errorNamespace = 'urn:ietf:params:acme:error:';

/** The last part of an ACME problem type (`rateLimited`, `caa`, …), or '' for a type that is not ACME's. */
export function problemName(problem: ProblemDocument): string {
  return problem.type.startsWith(errorNamespace) ? problem.type.slice(errorNamespace.length) : '';
}

/** One line for people: `rateLimited: too many certificates (example.org: …)`. */
export function problemText(problem: ProblemDocument): string {
  const parts = problem.subproblems.map((one) => `${one.identifier?.value ?? '?'}: ${one.detail}`);
  const name = problemName(problem) || problem.type;
  return `${name}: ${problem.detail}${parts.length > 0 ? ` (${parts.join('; ')})` : ''}`;
}

/**
 * Why talking to a CA failed.
 * - `unreachable`: no answer: DNS, connection, TLS or time-out. Nothing is known about the request's fate.
 * - `malformed`: an answer came that RFC 8555 does not allow.
 * - `problem`: the CA said no; `problem` holds its words.
 */
export type AcmeErrorKind = 'unreachable' | 'malformed' | 'problem';

export interface AcmeErrorDetails {
  readonly kind: AcmeErrorKind;
  readonly url: string;
  readonly status?: number;
  readonly problem?: ProblemDocument;
  /** Wall-clock milliseconds before which the CA does not want to be asked again. */
  readonly retryAt?: number;
  readonly cause?: unknown;
}

/** Any failure of an exchange with a CA. Callers branch on `kind`, `status` and `problem`, never on the text. */
export class AcmeError extends Error {
  readonly kind: AcmeErrorKind;
  readonly url: string;
  readonly status: number | undefined;
  readonly problem: ProblemDocument | undefined;
  readonly retryAt: number | undefined;

  constructor(message: string, details: AcmeErrorDetails) {
    super(message, { cause: details.cause });
    this.name = 'AcmeError';
    this.kind = details.kind;
    this.url = details.url;
    this.status = details.status;
    this.problem = details.problem;
    this.retryAt = details.retryAt;
  }
}

/** Whether `error` is the CA's refusal of the named ACME error type. */
export function isProblem(error: unknown, name: string): error is AcmeError {
  return error instanceof AcmeError && error.problem !== undefined && problemName(error.problem) === name;
}
