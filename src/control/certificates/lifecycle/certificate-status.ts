import type { ProblemDocument } from '../acme/problem.ts';
import { type RenewalReason, renewalTime } from './renewal.ts';
import { type CertificateRecord, dueWork, type StateKind, stateOf } from './state.ts';

/** One certificate as `cert list` and `status` show it. Times are wall-clock milliseconds. */
export interface CertificateStatus {
  readonly name: string;
  readonly names: readonly string[];
  readonly state: StateKind;
  /** Who issued the certificate in use; '' without one. */
  readonly issuer: string;
  readonly notBefore: number | null;
  readonly notAfter: number | null;
  /** Whole days of validity left, negative after the end; null without a certificate. */
  readonly daysLeft: number | null;
  /** When the next order is due; null while one is under way. */
  readonly nextAttempt: number | null;
  /** Why the next order is due then; null without a certificate. */
  readonly renewal: RenewalReason | null;
  readonly attempts: number;
  readonly failingSince: number | null;
  readonly lastError: {
    readonly message: string;
    readonly issuer: string;
    readonly at: number;
    readonly cure: string;
    readonly problem: ProblemDocument | null;
  } | null;
  /** Why the certificate in use is not stored; '' when it is. */
  readonly unsaved: string;
}

export function statusOf(record: CertificateRecord, now: number): CertificateStatus {
  const { generation, progress } = record;
  const due = dueWork(record, false);
  const renewal = generation ? renewalTime(generation, record.names, progress) : null;
  return {
    name: record.name,
    names: record.names,
    state: stateOf(record),
    issuer: generation?.issuer ?? '',
    notBefore: generation?.notBefore ?? null,
    notAfter: generation?.notAfter ?? null,
    daysLeft: generation ? Math.floor((generation.notAfter - now) / 86_400_000) : null,
    nextAttempt: Number.isFinite(due.at) ? Math.max(due.at, now) : null,
    renewal: renewal?.reason ?? null,
    attempts: progress.attempts,
    failingSince: progress.failingSince || null,
    lastError: progress.lastError,
    unsaved: record.unsaved?.message ?? '',
  };
}
