import { describeError, UserError } from '../../../model/errors.ts';
import { AcmeError, type ProblemDocument, problemName } from '../acme/problem.ts';
import { ChallengeError } from '../challenge/solver.ts';
import { type FailureDetails, type FailureKind, OrderFailure } from './failure.ts';
import { ProofFailure } from './obtain.ts';

/** Problem types that only a change by the user, or another CA, can heal; with what to do. */
const configurationProblems: Record<string, string> = {
  caa: 'allow this CA in the CAA records of the name, or remove them',
  rejectedIdentifier: 'this CA does not issue for that name; use another, or the in-house CA (tls: internal)',
  unsupportedIdentifier:
    'this CA does not issue for that kind of name; use another, or the in-house CA (tls: internal)',
  unsupportedContact: 'correct acme.email',
  invalidContact: 'correct acme.email',
  badCSR: 'this is a disagreement between Sallyport and the CA; please report it',
  badPublicKey: 'this is a disagreement between Sallyport and the CA; please report it',
  badSignatureAlgorithm: 'this is a disagreement between Sallyport and the CA; please report it',
  externalAccountRequired: 'this CA wants an account binding: set eab: {kid, hmac} at its issuer',
  unauthorized: 'the CA refuses the account: check eab, or let a new account be made',
  userActionRequired: 'visit the page the CA names and agree to its terms',
  invalidProfile: 'choose a profile the CA offers, or remove `profile`',
};

/** Problem types of proofs the CA looked for and did not find. */
const challengeProblems = new Set(['connection', 'dns', 'incorrectResponse', 'tls', 'unauthorized']);

function kindOfProblem(error: AcmeError, problem: ProblemDocument): FailureKind {
  const name = problemName(problem);
  if (name === 'rateLimited' || error.status === 429) return 'limited';
  if (name in configurationProblems) return 'configuration';
  // With many names the reason of the whole stands in its parts.
  if (name === 'compound' && problem.subproblems.some((one) => problemName({ ...one, subproblems: [] }) === 'caa')) {
    return 'configuration';
  }
  return 'outage';
}

function ofAcmeError(error: AcmeError): OrderFailure {
  const { problem, retryAt } = error;
  if (!problem) return new OrderFailure(error.message, { kind: 'outage', retryAt, cause: error });
  const kind = kindOfProblem(error, problem);
  const cure = configurationProblems[problemName(problem)] ?? '';
  return new OrderFailure(error.message, { kind, problem, retryAt, cure, cause: error });
}

function ofChallengeError(error: ChallengeError): OrderFailure {
  const kind = error.reason === 'setup' ? 'configuration' : 'challenge';
  return new OrderFailure(error.message, { kind, cure: error.cure, cause: error });
}

/** What a proof's failure means: the CA's own trouble stays that, everything else is laid to the kind of proof. */
function ofProofFailure(error: ProofFailure): OrderFailure {
  const inner = classify(error.cause);
  const name = inner.problem ? problemName(inner.problem) : '';
  const found = inner.kind === 'challenge' || challengeProblems.has(name);
  const { cure, problem, retryAt } = inner;
  const details: FailureDetails = { kind: inner.kind, cure, problem, retryAt, cause: error };
  if (!found) return new OrderFailure(error.message, { ...details, challenge: error.kind });
  return new OrderFailure(error.message, {
    ...details,
    kind: 'challenge',
    challenge: error.kind,
    cure: (inner.problem ? '' : cure) || 'run `sallyport cert doctor NAME`: it looks with the eyes of the CA',
  });
}

/** Turns anything an order may end in into an {@link OrderFailure}. */
export function classify(error: unknown): OrderFailure {
  if (error instanceof OrderFailure) return error;
  if (error instanceof ProofFailure) return ofProofFailure(error);
  if (error instanceof AcmeError) return ofAcmeError(error);
  if (error instanceof ChallengeError) return ofChallengeError(error);
  if (error instanceof UserError) {
    return new OrderFailure(error.message, { kind: 'configuration', cure: error.cure, cause: error });
  }
  return new OrderFailure(describeError(error), { kind: 'outage', cause: error });
}
