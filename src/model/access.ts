import type { Target } from './site.ts';

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
  /** Serial numbers in those lists, hexadecimal, upper case, without leading zeros. */
  readonly revoked: readonly string[];
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

/** A service that is asked about each request. Times in milliseconds. */
export interface ForwardAuth {
  /** Spoken to in HTTP/1.1. */
  readonly target: Target;
  /** Path and query of the questions. */
  readonly path: string;
  /** Their Host field. */
  readonly host: string;
  /** Names of fields of a consent that the app is given; nobody else's fields of these names reach it. */
  readonly copy: readonly string[];
  /** Names of fields of a consent that the client is given. */
  readonly copyToClient: readonly string[];
  /** Names of fields of a consent, the first of which that is there says who it is. */
  readonly user: readonly string[];
  readonly timeout: number;
  /** How long a consent holds for equal requests; 0: each is asked about. */
  readonly cache: number;
  /** Where browsers are sent that are answered with 401, `{url}` standing for where they were; '' for nowhere. */
  readonly signIn: string;
}

/** The rules of one route, those of its site included; absent is none. */
export interface Access {
  readonly addresses?: AddressRules;
  readonly rateLimits?: readonly RateLimit[];
  readonly forwardAuth?: ForwardAuth;
  /** Only on sites that ask for certificates: whether one must be shown. */
  readonly clientCertificate?: 'required' | 'optional';
}
