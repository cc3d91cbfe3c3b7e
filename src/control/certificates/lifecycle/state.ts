import type { RenewalInfo } from '../acme/renewal-info.ts';
import { delayCap, longestDelay, retryDelay } from './backoff.ts';
import type { FailureKind } from './failure.ts';
import { isLocal, type OrderFailure } from './failure.ts';
import { chooseIssuer, issuerRecord, patience } from './issuer-choice.ts';
import { freshProgress, type Generation, type IssuerRecord, type ManagedCertificate, type Progress } from './record.ts';
import { drawWindow, nextPoll, nextPollAfterFailure, renewalTime } from './renewal.ts';

/**
 * The life of one certificate. Every state but the two under way has a due time; nothing happens before it.
 *
 *      no certificate                        certificate in use
 *
 *     waiting ---due---> ordering --issued--> valid ---due---> renewing
 *                        |      ^               ^              |      ^
 *                   failed      due             '----issued----'      due
 *                        v      |                       failed v      |
 *                    failing / blocked                     failing / blocked
 *
 * `blocked` is `failing` for a reason that only a change of configuration can heal: it is retried rarely and shouted about.
 */
export type StateKind = 'waiting' | 'ordering' | 'valid' | 'renewing' | 'blocked' | 'failing';

/** One certificate as the lifecycle holds it. Immutable; the functions below make the next one. */
export interface CertificateRecord extends ManagedCertificate {
  readonly generation: Generation | null;
  readonly progress: Progress;
  /** The current generation is served but could not be stored yet. */
  readonly unsaved: { readonly nextSave: number; readonly failures: number; readonly message: string } | null;
}

export function newRecord(certificate: ManagedCertificate): CertificateRecord {
  return { ...certificate, generation: null, progress: freshProgress, unsaved: null };
}

/**
 * The certificate is to cover `names` from now on. What failed, was rehearsed or issued for other names says nothing
 * about these, so nothing holds the next order back.
 */
export function namesWanted(record: CertificateRecord, names: readonly string[]): CertificateRecord {
  const { progress } = record;
  const same = progress.names.length === names.length && progress.names.every((name) => names.includes(name));
  if (same || progress.names.length === 0) return { ...record, names };
  const { polling, alarmed, underWay } = progress;
  return { ...record, names, progress: { ...freshProgress, polling, alarmed, underWay } };
}

/** The state a record is in. */
export function stateOf(record: CertificateRecord): StateKind {
  const { generation, progress } = record;
  if (progress.underWay) return generation ? 'renewing' : 'ordering';
  if (progress.attempts > 0) return progress.lastError?.kind === 'configuration' ? 'blocked' : 'failing';
  return generation ? 'valid' : 'waiting';
}

/** What is to be done for a certificate next. */
export interface DueWork {
  readonly work: 'order' | 'poll' | 'save' | 'nothing';
  /** Wall-clock milliseconds; infinite for `nothing`. */
  readonly at: number;
}

/** The next work and its time; `polls` tells whether the certificate's issuer suggests windows. */
export function dueWork(record: CertificateRecord, polls: boolean): DueWork {
  const { generation, progress, unsaved } = record;
  if (progress.underWay) return { work: 'nothing', at: Number.POSITIVE_INFINITY };
  if (unsaved) return { work: 'save', at: unsaved.nextSave };
  if (generation === null) return { work: 'order', at: progress.nextAttempt };
  const renewal = Math.max(renewalTime(generation, record.names, progress).at, progress.nextAttempt);
  if (polls && progress.attempts === 0 && progress.polling.nextPoll < renewal) {
    return { work: 'poll', at: progress.polling.nextPoll };
  }
  return { work: 'order', at: renewal };
}

/** An attempt begins. */
export function begun(record: CertificateRecord, issuer: string, now: number): CertificateRecord {
  return { ...record, progress: { ...record.progress, names: record.names, underWay: { issuer, at: now } } };
}

/** How long issued certificates are remembered for duplicate limits. */
const issuedMemory = 8 * 86_400_000;

/** The attempt gave a certificate. */
export function succeeded(record: CertificateRecord, generation: Generation, now: number): CertificateRecord {
  const issued = record.progress.issued.filter((one) => Math.abs(now - one.at) < issuedMemory);
  issued.push({ issuer: generation.issuer, at: now });
  const polling = { window: null, nextPoll: now, failures: 0 };
  const progress = { ...freshProgress, names: record.names, rehearsed: true, issued, polling };
  return { ...record, generation, progress, unsaved: null };
}

/** The attempt was given up on purpose (a stop); it does not count. */
export function abandoned(record: CertificateRecord): CertificateRecord {
  return { ...record, progress: { ...record.progress, underWay: null } };
}

/** What {@link failed} needs to know besides. */
export interface FailureContext {
  /** Issuer names in the order of the configuration. */
  readonly order: readonly string[];
  readonly issuer: string;
  readonly now: number;
  readonly random: () => number;
  /** Issuers known to be down for everybody. */
  readonly shunned: (issuer: string) => boolean;
}

/** A rest the CA asked for is kept, but not past half of what is left of the certificate. */
function holdUntil(failure: OrderFailure, left: number | null, now: number): number {
  if (failure.retryAt === undefined) return 0;
  return left === null || left <= 0 ? failure.retryAt : Math.min(failure.retryAt, now + left / 2);
}

function issuerAfter(record: IssuerRecord, failure: OrderFailure, left: number | null, now: number): IssuerRecord {
  if (isLocal(failure.kind)) return record;
  // The user must act before this issuer can work, so the others are asked first.
  const spent = failure.kind === 'configuration' || failure.kind === 'guard';
  const failures = spent ? Math.max(record.failures, patience) + 1 : record.failures + 1;
  return { failures, lastAttempt: now, holdUntil: holdUntil(failure, left, now) };
}

/** The attempt failed: who is next, and when. */
export function failed(record: CertificateRecord, failure: OrderFailure, context: FailureContext): CertificateRecord {
  const { issuer, now } = context;
  const before = record.progress;
  const left = record.generation ? record.generation.notAfter - now : null;
  const issuers = { ...before.issuers, [issuer]: issuerAfter(issuerRecord(before, issuer), failure, left, now) };
  const challenge = failure.challenge;
  const failedChallenges =
    challenge && failure.kind === 'challenge'
      ? [...before.failedChallenges.filter((one) => one !== challenge), challenge]
      : before.failedChallenges;
  const after: Progress = {
    ...before,
    attempts: before.attempts + 1,
    failingSince: before.failingSince || now,
    issuers,
    failedChallenges,
    underWay: null,
    lastError: {
      kind: failure.kind,
      message: failure.message,
      issuer,
      at: now,
      cure: failure.cure,
      problem: failure.problem ?? null,
    },
  };
  return { ...record, progress: { ...after, nextAttempt: nextAttempt(record, after, failure.kind, context) } };
}

function nextAttempt(
  record: CertificateRecord,
  progress: Progress,
  kind: FailureKind,
  { order, now, random, shunned }: FailureContext,
): number {
  const left = record.generation ? record.generation.notAfter - now : null;
  const next = issuerRecord(progress, chooseIssuer(order, progress, now, shunned));
  const failures = isLocal(kind) ? progress.attempts : Math.max(next.failures, 1);
  const at = now + retryDelay(failures, left, random);
  return Math.max(at, next.holdUntil);
}

/** The CA suggested a window. */
export function windowLearned(
  record: CertificateRecord,
  info: RenewalInfo | undefined,
  now: number,
  random: () => number,
): CertificateRecord {
  const window = info ? drawWindow(info, record.progress.polling.window, random) : null;
  const polling = { window, nextPoll: nextPoll(now, info?.retryAt), failures: 0 };
  return { ...record, progress: { ...record.progress, polling } };
}

/** The CA did not answer; an earlier window stays. */
export function windowFailed(record: CertificateRecord, now: number): CertificateRecord {
  const failures = record.progress.polling.failures + 1;
  const polling = { ...record.progress.polling, failures, nextPoll: nextPollAfterFailure(now, failures) };
  return { ...record, progress: { ...record.progress, polling } };
}

/** Saving the served generation failed; it is tried again, soon and then less often. */
export function saveFailed(record: CertificateRecord, message: string, now: number, random: () => number) {
  const failures = (record.unsaved?.failures ?? 0) + 1;
  const wait = Math.min(retryDelay(failures, null, random), 3_600_000);
  return { ...record, unsaved: { nextSave: now + wait, failures, message } };
}

/**
 * Brings waiting times back in line after the wall clock went backwards: no wait may be longer than a fresh one.
 */
export function clockWentBack(record: CertificateRecord, now: number): CertificateRecord {
  const { progress, generation, unsaved } = record;
  const cap = delayCap(generation ? generation.notAfter - now : null);
  const issuers = Object.fromEntries(
    Object.entries(progress.issuers).map(([name, one]) => [
      name,
      one.lastAttempt > now ? { ...one, lastAttempt: now, holdUntil: 0 } : one,
    ]),
  );
  const polling = { ...progress.polling, nextPoll: Math.min(progress.polling.nextPoll, now + longestDelay) };
  const next = Math.min(progress.nextAttempt, now + cap);
  const save = unsaved && { ...unsaved, nextSave: Math.min(unsaved.nextSave, now + 3_600_000) };
  return { ...record, unsaved: save, progress: { ...progress, issuers, polling, nextAttempt: next } };
}
