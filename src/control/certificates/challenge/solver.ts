import type { Identifier } from '../acme/identifier.ts';

/** The ways to prove control of a name: RFC 8555 sections 8.3 and 8.4, RFC 8737. */
export type ChallengeKind = 'http-01' | 'tls-alpn-01' | 'dns-01';

/** What a CA wants to find. */
export interface Proof {
  readonly identifier: Identifier;
  readonly token: string;
  readonly keyAuthorization: string;
}

/** Makes a proof visible to the CA. */
export interface ChallengeSolver {
  readonly kind: ChallengeKind;
  /**
   * Resolves when the proof can be seen, with a function that takes it away again (which never rejects).
   * Rejects with a ChallengeError when it cannot be shown; then nothing is left behind.
   */
  present(proof: Proof, signal?: AbortSignal): Promise<() => Promise<void>>;
}

export interface ChallengeErrorDetails {
  /** `setup`: only a change of configuration helps. `trouble`: a later try may work. */
  readonly reason: 'setup' | 'trouble';
  readonly cure?: string;
  readonly cause?: unknown;
}

/** A proof could not be shown to the CA. */
export class ChallengeError extends Error {
  readonly reason: 'setup' | 'trouble';
  readonly cure: string | undefined;

  constructor(message: string, details: ChallengeErrorDetails) {
    super(message, { cause: details.cause });
    this.name = 'ChallengeError';
    this.reason = details.reason;
    this.cure = details.cure;
  }
}
