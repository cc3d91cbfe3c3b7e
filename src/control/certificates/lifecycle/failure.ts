import type { ProblemDocument } from '../acme/problem.ts';
import type { ChallengeKind } from '../challenge/solver.ts';

/**
 * What kind of trouble ended an attempt; decides who is tried next and when.
 * - `outage`: the CA did not answer, or not usefully. Time may heal it, or another CA.
 * - `limited`: the CA told us to come back later.
 * - `challenge`: the CA could not see the proof.
 * - `configuration`: nothing but a change by the user (or another CA) helps: CAA, refused names, missing binding.
 * - `guard`: we refused to spend the last order the CA's limits allow.
 * - `storage`: the result could not have been kept. Not the CA's fault.
 * - `clock`: this machine's clock and the CA's differ too much. Not the CA's fault.
 * - `interrupted`: the program ended within the attempt.
 */
export const failureKinds = [
  'outage',
  'limited',
  'challenge',
  'configuration',
  'guard',
  'storage',
  'clock',
  'interrupted',
] as const;

export type FailureKind = (typeof failureKinds)[number];

export interface FailureDetails {
  readonly kind: FailureKind;
  /** Wall-clock milliseconds before which the CA does not want to be asked. */
  readonly retryAt?: number | undefined;
  /** The kind of proof that failed. */
  readonly challenge?: ChallengeKind | undefined;
  readonly problem?: ProblemDocument | undefined;
  /** What the user can do, one sentence; '' when only waiting helps. */
  readonly cure?: string | undefined;
  readonly cause?: unknown;
}

/** Why an attempt to get a certificate ended without one. */
export class OrderFailure extends Error {
  readonly kind: FailureKind;
  readonly retryAt: number | undefined;
  readonly challenge: ChallengeKind | undefined;
  readonly problem: ProblemDocument | undefined;
  readonly cure: string;

  constructor(message: string, details: FailureDetails) {
    super(message, { cause: details.cause });
    this.name = 'OrderFailure';
    this.kind = details.kind;
    this.retryAt = details.retryAt;
    this.challenge = details.challenge;
    this.problem = details.problem;
    this.cure = details.cure ?? '';
  }
}

/** Failures on this machine's side: another CA would not help, so none is blamed. */
export function isLocal(kind: FailureKind): boolean {
  return kind === 'storage' || kind === 'clock' || kind === 'interrupted';
}
