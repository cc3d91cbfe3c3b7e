import type { CertificatePair } from '../../../model/site.ts';
import { type Authorization, acceptChallenge, authorizationError, fetchAuthorization } from '../acme/authorization.ts';
import { downloadCertificate } from '../acme/certificate.ts';
import { createRequest, generateCertificateKey, type KeyType } from '../acme/csr.ts';
import { identifierOf } from '../acme/identifier.ts';
import { keyAuthorization } from '../acme/key-authorization.ts';
import { createOrder, fetchOrder, finalizeOrder, type Order, orderError } from '../acme/order.ts';
import { pollUntil } from '../acme/poll.ts';
import { AcmeError, isProblem } from '../acme/problem.ts';
import type { AcmeSession } from '../acme/session.ts';
import { type ChallengeChoice, pickChallenge } from '../challenge/pick.ts';
import type { ChallengeKind, ChallengeSolver } from '../challenge/solver.ts';

export interface ObtainRequest {
  readonly names: readonly string[];
  readonly keyType: KeyType;
  readonly choice: ChallengeChoice;
  readonly solvers: readonly ChallengeSolver[];
  readonly replaces?: string | undefined;
  readonly profile?: string | undefined;
  readonly preferredRoot?: string | undefined;
  readonly notAfter?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Wraps what went wrong while one name was being proven. */
export class ProofFailure extends Error {
  readonly kind: ChallengeKind;

  constructor(kind: ChallengeKind, cause: unknown) {
    super(`${kind}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'ProofFailure';
    this.kind = kind;
  }
}

/** One certificate from nothing: order, proofs one after the other, signing request, download. */
export async function obtainCertificate(session: AcmeSession, request: ObtainRequest): Promise<CertificatePair> {
  const order = await placeOrder(session, request);
  for (const url of order.authorizations) await authorize(session, url, request);
  const ready = await settle(session, request, order, 'getting the order ready', 'pending');
  const key = await generateCertificateKey(request.keyType);
  const csr = await createRequest(request.names, key, request.keyType);
  // An order that somebody finished already belongs to a key we do not have.
  if (ready.status !== 'ready') {
    throw new AcmeError(`an order that is ${ready.status} already`, { kind: 'malformed', url: ready.url });
  }
  const finalized = await finalizeOrder(session, ready, csr);
  const done = await settle(session, request, finalized, 'issuing', 'processing');
  if (done.certificate === undefined) {
    throw new AcmeError('a valid order without a certificate', { kind: 'malformed', url: done.url });
  }
  return { key, chain: await downloadCertificate(session, done.certificate, request.preferredRoot) };
}

/** Places the order; without `replaces` when the CA does not take that. */
async function placeOrder(session: AcmeSession, request: ObtainRequest): Promise<Order> {
  const { profile, notAfter } = request;
  const plain = { identifiers: request.names.map(identifierOf), profile, notAfter };
  if (request.replaces === undefined || session.directory.renewalInfo === undefined) return createOrder(session, plain);
  try {
    return await createOrder(session, { ...plain, replaces: request.replaces });
  } catch (error) {
    if (!isProblem(error, 'alreadyReplaced') && !isProblem(error, 'malformed')) throw error;
    return createOrder(session, plain);
  }
}

function settle(
  session: AcmeSession,
  request: ObtainRequest,
  order: Order,
  what: string,
  waiting: Order['status'],
): Promise<Order> {
  const options = { clock: session.parts.clock, signal: request.signal, what, url: order.url };
  return pollUntil(
    options,
    () => fetchOrder(session, order.url),
    (seen) => {
      if (seen.status === 'invalid') throw orderError(seen);
      // The CA may still say `ready` right after it took the signing request.
      return seen.status !== waiting && !(waiting === 'processing' && seen.status !== 'valid');
    },
  );
}

async function authorize(session: AcmeSession, url: string, request: ObtainRequest): Promise<void> {
  const authorization = await fetchAuthorization(session, url);
  if (authorization.status === 'valid') return;
  if (authorization.status !== 'pending') throw authorizationError(authorization);
  const wildcard = authorization.wildcard === true;
  const offered = authorization.challenges.map((challenge) => challenge.type);
  const kind = pickChallenge(authorization.identifier, wildcard, offered, request.choice);
  try {
    await prove(session, authorization, kind, request);
  } catch (error) {
    throw new ProofFailure(kind, error);
  }
}

async function prove(
  session: AcmeSession,
  authorization: Authorization,
  kind: ChallengeKind,
  request: ObtainRequest,
): Promise<void> {
  const challenge = authorization.challenges.find((one) => one.type === kind);
  const solver = request.solvers.find((one) => one.kind === kind);
  if (solver === undefined || challenge?.token === undefined) {
    throw new AcmeError(`a ${kind} challenge without a token`, { kind: 'malformed', url: authorization.url });
  }
  const { token } = challenge;
  const { identifier } = authorization;
  const proof = { identifier, token, keyAuthorization: keyAuthorization(token, session.key) };
  const withdraw = await solver.present(proof, request.signal);
  try {
    await acceptChallenge(session, challenge);
    const options = { clock: session.parts.clock, signal: request.signal, what: 'validation', url: authorization.url };
    const decided = await pollUntil(
      options,
      () => fetchAuthorization(session, authorization.url),
      (seen) => seen.status !== 'pending',
    );
    if (decided.status !== 'valid') throw authorizationError(decided);
  } finally {
    await withdraw();
  }
}
