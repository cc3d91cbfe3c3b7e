import { z } from 'zod';
import { readBody } from './answer.ts';
import { identifierSchema } from './identifier.ts';
import { AcmeError, problemSchema, problemText } from './problem.ts';
import { retryAt } from './retry-after.ts';
import type { AcmeSession } from './session.ts';

/** RFC 8555 section 8. A challenge of a type we do not know has no token. */
const challengeSchema = z.object({
  type: z.string(),
  url: z.url({ protocol: /^https$/ }),
  status: z.enum(['pending', 'processing', 'valid', 'invalid']).catch('pending'),
  token: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .optional(),
  error: problemSchema.optional(),
});

export type Challenge = z.infer<typeof challengeSchema>;

/** RFC 8555 section 7.1.4. */
const authorizationSchema = z.object({
  status: z.enum(['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked']),
  identifier: identifierSchema,
  wildcard: z.boolean().optional(),
  challenges: z.array(challengeSchema),
});

export interface Authorization extends z.infer<typeof authorizationSchema> {
  readonly url: string;
  readonly retryAt: number | undefined;
}

export async function fetchAuthorization(session: AcmeSession, url: string): Promise<Authorization> {
  const response = await session.read(url);
  const authorization = readBody(response, authorizationSchema, 'authorization');
  return { ...authorization, url, retryAt: retryAt(response.header('retry-after'), session.now()) };
}

/** Tells the CA to look (section 7.5.1). */
export async function acceptChallenge(session: AcmeSession, challenge: Challenge): Promise<void> {
  await session.send(challenge.url, {});
}

/** The error a failed authorization ends in: the problem of the challenge that was tried. */
export function authorizationError(authorization: Authorization): AcmeError {
  const tried = authorization.challenges.find((one) => one.error !== undefined);
  const problem = tried?.error ?? {
    type: 'about:blank',
    detail: `the authorization is ${authorization.status}`,
    subproblems: [],
  };
  return new AcmeError(`${authorization.identifier.value}: ${problemText(problem)}`, {
    kind: 'problem',
    url: authorization.url,
    problem,
  });
}
