/** Who may pass, as configured: plain data that the data plane makes guards of. */

/**
 * Client addresses; networks in CIDR form, none in both lists. Of those that hold an address the smallest decides; an address that none
 * holds may pass only where nobody is allowed by name.
 */
export interface AddressRules {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** How a site asks for client certificates; paths are absolute. */
export interface ClientCertificates {
  /** PEM file of the CAs whose certificates count; null: the in-house CA. */
  readonly ca: string | null;
  /** File of revocation lists, PEM or DER; null: none. */
  readonly revocations: string | null;
  /** The app is given the certificate itself too, in `Client-Cert` (RFC 9440). */
  readonly passCertificate: boolean;
}

/** Whose client certificates a site takes. */
export interface ClientTrust {
  /** PEM; each of these certificates is trusted to sign. */
  readonly ca: string;
  /** Revocation lists, each PEM. With any, there must be one of every CA. */
  readonly revocations: readonly string[];
}

/** How often clients may come: a token bucket for each of them. */
export interface RateLimit {
  /** Names the buckets: a limit of a site is one for all its routes. */
  readonly id: string;
  /** Its name among the limits of the route, as clients are told it. */
  readonly name: string;
  /** Tokens that come in `per` milliseconds. */
  readonly requests: number;
  readonly per: number;
  /** Tokens of a full bucket: requests that may come at once. */
  readonly burst: number;
  /** What tells clients apart; all: nothing does. */
  readonly key: 'address' | 'user' | 'header' | 'all';
  /** The field, for the key `header`; else ''. */
  readonly header: string;
}

/** The rules of one route, those of its site included; absent is none. */
export interface Access {
  readonly addresses?: AddressRules;
  readonly rateLimits?: readonly RateLimit[];
  /** Only on sites that ask for certificates: whether one must be shown. */
  readonly clientCertificate?: 'required' | 'optional';
}
