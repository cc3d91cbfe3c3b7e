/** What the listeners count; read at any time. `open` is of this moment, the others only grow. */
export interface ListenCounters {
  /** TCP connections accepted, also those refused at once. */
  accepted: number;
  open: number;
  /** Connections on the HTTPS port that ended before their handshake did, for whatever reason; includes `refusedNames` and `plainHttp`. */
  failedHandshakes: number;
  /** Of them: asked for a name no site has. */
  refusedNames: number;
  /** Of them: spoke plain HTTP. */
  plainHttp: number;
  /** Refused at accept: `limits.connections` or `limits.connectionsPerAddress` was reached. */
  overLimit: number;
  /** Reset on a port with the PROXY protocol: not from a trusted proxy, or without a header that can be read in one way only. */
  refusedIntroductions: number;
}

export function createListenCounters(): ListenCounters {
  return {
    accepted: 0,
    open: 0,
    failedHandshakes: 0,
    refusedNames: 0,
    plainHttp: 0,
    overLimit: 0,
    refusedIntroductions: 0,
  };
}
