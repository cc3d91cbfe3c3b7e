/** Why the app gave no (whole) answer. `status` is what the client gets when it has got nothing yet. */
export interface UpstreamFailure {
  readonly kind: 'unreachable' | 'connect-timeout' | 'closed' | 'malformed' | 'no-answer';
  readonly status: 502 | 504;
  /** One line for the log. */
  readonly reason: string;
}

export function unreachable(reason: string): UpstreamFailure {
  return { kind: 'unreachable', status: 502, reason };
}

export const connectTimeout: UpstreamFailure = {
  kind: 'connect-timeout',
  status: 504,
  reason: 'no connection within limits.connectTimeout',
};

export function closedEarly(reason: string): UpstreamFailure {
  return { kind: 'closed', status: 502, reason };
}

export function malformed(reason: string): UpstreamFailure {
  return { kind: 'malformed', status: 502, reason };
}

export const noAnswer: UpstreamFailure = {
  kind: 'no-answer',
  status: 504,
  reason: 'no answer within limits.responseTimeout',
};
