import type { RenewalInfo } from '../acme/renewal-info.ts';
import type { ChallengeKind } from '../challenge/solver.ts';
import type { Generation } from './record.ts';

export interface IssueRequest {
  readonly names: readonly string[];
  /** Kinds of proof to try last. */
  readonly failedChallenges: readonly ChallengeKind[];
  /** The certificate this one follows, when the same issuer issued it. */
  readonly previous: Generation | null;
  readonly signal: AbortSignal;
}

/** At most `count` certificates for the same names in `period` milliseconds. */
export interface DuplicateLimit {
  readonly count: number;
  readonly period: number;
}

/** Somebody who issues certificates: one account at one CA. Rejections are OrderFailures. */
export interface Issuer {
  /** Stable: storage and status know it by this. */
  readonly name: string;
  readonly duplicateLimit: DuplicateLimit | null;
  obtain(request: IssueRequest): Promise<Generation>;
  /** The same at the CA's staging place, result thrown away; null when it has none. */
  readonly rehearse: ((request: IssueRequest) => Promise<void>) | null;
  /** The window the CA suggests for a certificate of its own; undefined when it suggests none. Null: never does. */
  readonly renewalInfo: ((generation: Generation, signal: AbortSignal) => Promise<RenewalInfo | undefined>) | null;
}
