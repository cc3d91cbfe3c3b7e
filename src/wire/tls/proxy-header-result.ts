/** The two ends of the connection that a proxy passes on. Addresses in their comparable form, without brackets. */
export interface ProxiedEnds {
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly destinationAddress: string;
  readonly destinationPort: number;
}

/** A whole header: `length` octets of the input belong to it. */
export interface ProxyHeader {
  readonly kind: 'header';
  readonly length: number;
  /** The proxy speaks for itself, as in a health check. */
  readonly local: boolean;
  /** null: none are told, or none that are Internet addresses; the connection's own count. */
  readonly ends: ProxiedEnds | null;
}

export type ProxyHeaderResult =
  | { readonly kind: 'more' }
  | ProxyHeader
  | { readonly kind: 'failure'; readonly reason: string };

export const moreOfProxyHeader = Object.freeze({ kind: 'more' });

export function proxyHeaderFailure(reason: string): ProxyHeaderResult {
  return { kind: 'failure', reason };
}
