/** Why the app gave no (whole) answer. `status` is what the client gets when it has got nothing yet. */
export interface UpstreamFailure {
  readonly kind:
    | 'unreachable'
    | 'connect-timeout'
    | 'busy'
    | 'closed'
    | 'reset'
    /** The app has said that it did not look at the request. */
    | 'unprocessed'
    | 'malformed'
    | 'unsupported'
    | 'no-answer';
  readonly status: 502 | 503 | 504;
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

export function busy(reason: string): UpstreamFailure {
  return { kind: 'busy', status: 503, reason };
}

/** The app reset the stream of the request (RFC 9113 §8.1). */
export function streamReset(reason: string): UpstreamFailure {
  return { kind: 'reset', status: 502, reason };
}

/** RFC 9113 §8.7: REFUSED_STREAM, or a stream above the last one that GOAWAY names. */
export function unprocessed(reason: string): UpstreamFailure {
  return { kind: 'unprocessed', status: 502, reason };
}

export function unsupported(reason: string): UpstreamFailure {
  return { kind: 'unsupported', status: 502, reason };
}

/** Nothing can have reached the app. */
export function isUnconnected({ kind }: UpstreamFailure): boolean {
  return kind === 'unreachable' || kind === 'connect-timeout';
}

/** It says something about the target, and not only about this request. */
export function isTargetsFault({ kind }: UpstreamFailure): boolean {
  return kind !== 'busy' && kind !== 'unsupported' && kind !== 'unprocessed';
}

export const waitedInVain: UpstreamFailure = busy('no target could take the request within queue.wait');
