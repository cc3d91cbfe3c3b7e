import { fromFailure, toFailure } from '../../control/admin/messages.ts';
import { systemErrorCode } from '../../model/errors.ts';
import { ListenError } from '../../traffic/listen/bind.ts';
import type { RequestFailure } from './messages.ts';

/** An error on its way from a worker to the supervisor. */
export function toRequestFailure(error: unknown): RequestFailure {
  if (!(error instanceof ListenError)) return { kind: 'user', failure: toFailure(error) };
  return { kind: 'listen', address: error.address, code: systemErrorCode(error.cause), message: error.message };
}

/** The inverse of {@link toRequestFailure}: a UserError or a ListenError. */
export function fromRequestFailure(failure: RequestFailure): Error {
  if (failure.kind === 'user') return fromFailure(failure.failure);
  const { address, code, message } = failure;
  return new ListenError(address, Object.assign(new Error(message), { code }));
}
