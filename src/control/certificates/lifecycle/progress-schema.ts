import { z } from 'zod';
import { problemSchema } from '../acme/problem.ts';
import { failureKinds } from './failure.ts';
import type { Progress } from './record.ts';

const time = z.number();

export const progressSchema = z.object({
  names: z.array(z.string()),
  attempts: z.int().nonnegative(),
  failingSince: time,
  nextAttempt: time,
  issuers: z.record(z.string(), z.object({ failures: z.int().nonnegative(), lastAttempt: time, holdUntil: time })),
  lastError: z
    .object({
      kind: z.enum(failureKinds),
      message: z.string(),
      issuer: z.string(),
      at: time,
      cure: z.string(),
      problem: problemSchema.nullable(),
    })
    .nullable(),
  failedChallenges: z.array(z.enum(['http-01', 'tls-alpn-01', 'dns-01'])),
  rehearsed: z.boolean(),
  polling: z.object({
    window: z.object({ start: time, end: time, selected: time, explanation: z.string() }).nullable(),
    nextPoll: time,
    failures: z.int().nonnegative(),
  }),
  issued: z.array(z.object({ issuer: z.string(), at: time })),
  underWay: z.object({ issuer: z.string(), at: time }).nullable(),
  alarmed: z.object({ failing: time, expiring: time }),
});

/** Progress as read back from storage (parsed JSON); null when it is damaged, which loses waiting times but nothing else. */
export function readProgress(value: unknown): Progress | null {
  const result = progressSchema.safeParse(value);
  return result.success ? result.data : null;
}
