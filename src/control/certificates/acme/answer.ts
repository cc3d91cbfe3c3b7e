import type { z } from 'zod';
import { AcmeError, problemSchema, problemText } from './problem.ts';
import { retryAt } from './retry-after.ts';
import type { AcmeResponse } from './transport.ts';

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The checked body of a good answer. Throws an AcmeError of kind `malformed` when it is not of the wanted form. */
export function readBody<T>(response: AcmeResponse, schema: z.ZodType<T>, what: string): T {
  const result = schema.safeParse(parseJson(response.body));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue && issue.path.length > 0 ? ` (${issue.path.join('.')}: ${issue.message})` : '';
  throw new AcmeError(`${new URL(response.url).host} sent no readable ${what}${where}`, {
    kind: 'malformed',
    url: response.url,
    status: response.status,
  });
}

/** Lets 2xx pass; throws the CA's problem, or one made from the status when the CA sent none (a 503 of a load balancer). */
export function checkStatus(response: AcmeResponse, now: number): void {
  if (response.status >= 200 && response.status < 300) return;
  const parsed = problemSchema.safeParse(parseJson(response.body));
  const problem = parsed.success
    ? parsed.data
    : { type: 'about:blank', detail: `HTTP status ${response.status}`, status: response.status, subproblems: [] };
  const until = retryAt(response.header('retry-after'), now);
  throw new AcmeError(`${new URL(response.url).host}: ${problemText(problem)}`, {
    kind: 'problem',
    url: response.url,
    status: response.status,
    problem,
    ...(until === undefined ? {} : { retryAt: until }),
  });
}

/** The field that must be there. */
export function requiredHeader(response: AcmeResponse, name: string): string {
  const value = response.header(name);
  if (value !== undefined && value !== '') return value;
  throw new AcmeError(`${new URL(response.url).host} sent no ${name} field`, {
    kind: 'malformed',
    url: response.url,
    status: response.status,
  });
}
