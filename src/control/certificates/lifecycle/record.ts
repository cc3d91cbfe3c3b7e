import type { CertificatePair } from '../../../model/site.ts';
import type { ProblemDocument } from '../acme/problem.ts';
import type { ChallengeKind } from '../challenge/solver.ts';
import type { FailureKind } from './failure.ts';

/** A certificate the lifecycle looks after. */
export interface ManagedCertificate {
  /** Its key everywhere: storage, status, commands. The site's first name. */
  readonly name: string;
  /** Everything it must cover. */
  readonly names: readonly string[];
}

/** An issued certificate with what renewal needs to know of it. Times are wall-clock milliseconds. */
export interface Generation {
  readonly names: readonly string[];
  readonly pair: CertificatePair;
  /** {@link Issuer.name} of who issued it. */
  readonly issuer: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** RFC 9773 certificate identifier; '' when it has none. */
  readonly renewalId: string;
  /** When it was received, by this machine's clock. */
  readonly obtainedAt: number;
}

/** The window a CA suggested, and the moment drawn in it, once. */
export interface RenewalWindow {
  readonly start: number;
  readonly end: number;
  readonly selected: number;
  readonly explanation: string;
}

/** Asking for the window. */
interface WindowPolling {
  readonly window: RenewalWindow | null;
  readonly nextPoll: number;
  /** Consecutive polls without an answer. */
  readonly failures: number;
}

/** How one issuer did for one certificate since the last success. */
export interface IssuerRecord {
  readonly failures: number;
  readonly lastAttempt: number;
  /** Not to be asked before; 0 when free. */
  readonly holdUntil: number;
}

/** A failure as it is kept and shown. */
export interface FailureRecord {
  readonly kind: FailureKind;
  readonly message: string;
  readonly issuer: string;
  readonly at: number;
  readonly cure: string;
  readonly problem: ProblemDocument | null;
}

/** All that is remembered of a certificate besides the certificate itself. Survives restarts. */
export interface Progress {
  /** What it is about: memory of other names says nothing. Empty before the first attempt. */
  readonly names: readonly string[];
  /** Consecutive failed attempts at all issuers. */
  readonly attempts: number;
  /** First of them; 0 when none. */
  readonly failingSince: number;
  /** Not to be tried before; 0 when only renewal time counts. */
  readonly nextAttempt: number;
  readonly issuers: Readonly<Record<string, IssuerRecord>>;
  readonly lastError: FailureRecord | null;
  /** Kinds of proof that failed since the last success. */
  readonly failedChallenges: readonly ChallengeKind[];
  /** A rehearsal at a staging CA succeeded for these names. */
  readonly rehearsed: boolean;
  readonly polling: WindowPolling;
  /** Certificates issued for exactly these names in the last days, for the CA's duplicate limit. */
  readonly issued: readonly { readonly issuer: string; readonly at: number }[];
  /** The attempt under way; still set at start when the program died within it. */
  readonly underWay: { readonly issuer: string; readonly at: number } | null;
  /** Last alarms given; 0 for never. */
  readonly alarmed: { readonly failing: number; readonly expiring: number };
}

export const freshProgress: Progress = Object.freeze({
  names: [],
  attempts: 0,
  failingSince: 0,
  nextAttempt: 0,
  issuers: {},
  lastError: null,
  failedChallenges: [],
  rehearsed: false,
  polling: { window: null, nextPoll: 0, failures: 0 },
  issued: [],
  underWay: null,
  alarmed: { failing: 0, expiring: 0 },
});

/** Whether `generation` covers exactly what is wanted. */
export function coversExactly(generation: Generation, names: readonly string[]): boolean {
  return generation.names.length === names.length && names.every((name) => generation.names.includes(name));
}
