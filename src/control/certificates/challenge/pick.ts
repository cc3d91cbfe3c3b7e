import type { Identifier } from '../acme/identifier.ts';
import { ChallengeError, type ChallengeKind } from './solver.ts';

/** What can be used here, and what the user wants. */
export interface ChallengeChoice {
  /** `auto`, or the only kind to use. */
  readonly wanted: 'auto' | ChallengeKind;
  /** Kinds this machine can answer: http-01 with port 80, tls-alpn-01 with port 443, dns-01 with a provider. */
  readonly available: readonly ChallengeKind[];
  /** Kinds that failed for this name lately; tried last. */
  readonly failed: readonly ChallengeKind[];
}

const preference: readonly ChallengeKind[] = ['http-01', 'tls-alpn-01', 'dns-01'];

/** Which kinds can prove an identifier at all: wildcards only dns-01, addresses everything else. */
export function possibleKinds(identifier: Identifier, wildcard: boolean): readonly ChallengeKind[] {
  if (wildcard) return ['dns-01'];
  return identifier.type === 'ip' ? ['http-01', 'tls-alpn-01'] : preference;
}

/**
 * The kind to try, out of those the CA offers. Throws a ChallengeError with the cure when none can work here.
 */
export function pickChallenge(
  identifier: Identifier,
  wildcard: boolean,
  offered: readonly string[],
  choice: ChallengeChoice,
): ChallengeKind {
  const possible = possibleKinds(identifier, wildcard);
  const usable = possible.filter(
    (kind) => choice.available.includes(kind) && (choice.wanted === 'auto' || choice.wanted === kind),
  );
  const asked = usable.filter((kind) => offered.includes(kind));
  const best = asked.find((kind) => !choice.failed.includes(kind)) ?? asked[0];
  if (best !== undefined) return best;
  const name = wildcard ? `*.${identifier.value}` : identifier.value;
  if (usable.length > 0) {
    throw new ChallengeError(`the CA offers only ${offered.join(', ')} for ${name}`, {
      reason: 'setup',
      cure: 'use another CA, or allow another kind with acme.challenge: auto',
    });
  }
  const cure = wildcard
    ? 'configure acme.dns: a wildcard can only be proven by dns-01'
    : 'let port 80 or 443 of this machine be reached, or configure acme.dns';
  throw new ChallengeError(`no way to prove ${name}: it needs ${possible.join(' or ')}`, { reason: 'setup', cure });
}
