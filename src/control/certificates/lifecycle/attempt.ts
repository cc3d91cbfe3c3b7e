import type { Clock } from '../../../model/clock.ts';
import { describeError } from '../../../model/errors.ts';
import { duplicateAllowedAt } from './duplicate-limit.ts';
import { OrderFailure } from './failure.ts';
import type { IssueRequest, Issuer } from './issuer.ts';
import type { LifecycleOptions } from './options.ts';
import type { Generation } from './record.ts';
import type { CertificateRecord } from './state.ts';
import type { CertificateStore } from './store.ts';

export interface AttemptContext {
  readonly store: CertificateStore;
  readonly clock: Clock;
  readonly issuer: Issuer;
  readonly signal: AbortSignal;
  /** The user asked for it: the duplicate limit is his to spend. */
  readonly forced: boolean;
  readonly preflight: LifecycleOptions['preflight'];
}

/** One attempt to get a certificate: can it be kept, may it be ordered, does it work in rehearsal, the order itself. */
export async function attemptOrder(record: CertificateRecord, context: AttemptContext): Promise<Generation> {
  try {
    await context.store.probe();
  } catch (error) {
    throw notStorable(error);
  }
  if (!context.forced) checkDuplicates(record, context);
  const { issuer, signal } = context;
  if (record.generation === null) await lookAhead(record, context);
  const { generation, progress } = record;
  const request: IssueRequest = {
    names: record.names,
    failedChallenges: progress.failedChallenges,
    previous: generation?.issuer === issuer.name ? generation : null,
    signal,
  };
  try {
    if (generation === null && !progress.rehearsed && issuer.rehearse) await rehearse(issuer.rehearse, request);
    return await issuer.obtain(request);
  } catch (error) {
    throw asFailure(error);
  }
}

function notStorable(error: unknown): OrderFailure {
  return new OrderFailure(`no certificate was ordered, because it could not be stored: ${describeError(error)}`, {
    kind: 'storage',
    cure: 'make the state directory writable and leave some space on its disk',
    cause: error,
  });
}

function checkDuplicates(record: CertificateRecord, { issuer, clock }: AttemptContext): void {
  const { generation, progress } = record;
  const now = clock.now();
  // A renewal the CA itself asked for is exempt from its limits.
  if (generation?.issuer === issuer.name && progress.polling.window) return;
  const at = duplicateAllowedAt(issuer.duplicateLimit, progress.issued, issuer.name, now);
  if (at <= now) return;
  const limit = issuer.duplicateLimit?.count ?? 0;
  throw new OrderFailure(
    `${issuer.name} allows ${limit} certificates a week for the same names; the last is kept back`,
    {
      kind: 'guard',
      retryAt: at,
      cure: 'find out why so many were issued; `cert renew --force` spends the last one',
    },
  );
}

async function lookAhead(record: CertificateRecord, { preflight, issuer, signal }: AttemptContext): Promise<void> {
  try {
    await preflight?.(record.names, issuer.name, signal);
  } catch (error) {
    if (error instanceof OrderFailure) throw error;
  }
}

/** A staging CA that is down says nothing about the names, so only its refusals count. */
async function rehearse(rehearsal: NonNullable<Issuer['rehearse']>, request: IssueRequest): Promise<void> {
  try {
    await rehearsal(request);
  } catch (error) {
    const failure = asFailure(error);
    if (failure.kind === 'outage' || failure.kind === 'limited') return;
    throw failure;
  }
}

function asFailure(error: unknown): OrderFailure {
  if (error instanceof OrderFailure) return error;
  return new OrderFailure(describeError(error), { kind: 'outage', cause: error });
}
