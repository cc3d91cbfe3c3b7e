import type { AcmeConfig } from './acme.ts';
import type { AppSettings } from './app.ts';
import type { Logins } from './auth.ts';
import type { Limits } from './limits.ts';
import type { Site, SiteSettings } from './site.ts';

/** An address to listen on. `host` '' means every address of the machine, both families. Port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** Connections begin with a header of the PROXY protocol, which trusted proxies alone may send; absent is false. */
  readonly proxyProtocol?: true;
}

/** An address that is being listened on: `host` as asked for, `port` as the system chose it where 0 was asked for. */
export interface BoundAddress extends ListenAddress {
  readonly scheme: 'http' | 'https';
}

export interface LogSettings {
  /** `stdout`, `stderr`, `off` or an absolute path. */
  readonly access: string;
  readonly errors: string;
  readonly format: 'combined' | 'json';
}

/** What the in-house CA may sign at all: domains with everything below them, networks in CIDR form. */
interface AuthorityLimits {
  readonly dns: readonly string[];
  readonly networks: readonly string[];
}

/** A whole configuration with every default filled in; immutable. */
export interface Settings {
  /** The file it was read from, absolute; null when it came from arguments. */
  readonly file: string | null;
  readonly listen: { readonly http: readonly ListenAddress[]; readonly https: readonly ListenAddress[] };
  /** Directory for certificates, accounts and the in-house CA; absolute. */
  readonly state: string;
  /** Path of the control socket; absolute. */
  readonly control: string;
  /** Whom a process that root starts becomes; null: nobody else. */
  readonly user: string | null;
  /** null: the user's own. */
  readonly group: string | null;
  /** Processes that carry the traffic; 1: this one does. */
  readonly workers: number;
  /** Networks in CIDR form whose forwarding fields are believed. */
  readonly trustedProxies: readonly string[];
  /** HTTP/2 is offered to clients. */
  readonly http2: boolean;
  /** DNS servers that know the names of targets, `address` or `address:port`; empty: as the machine resolves names. */
  readonly resolvers: readonly string[];
  readonly acme: AcmeConfig;
  /** Limits written into the in-house CA when it is made; null: none. */
  readonly authority: AuthorityLimits | null;
  readonly logs: LogSettings;
  readonly limits: Limits;
  readonly sites: readonly SiteSettings[];
  /** The apps that routes of the sites lead to and that the gate runs; a group's `app` is the name of one. */
  readonly apps: readonly AppSettings[];
}

/** What the data plane serves from: swapped as a whole, never changed. */
export interface Snapshot {
  readonly sites: readonly Site[];
  readonly trustedProxies: readonly string[];
  readonly http2: boolean;
  readonly limits: Limits;
  readonly logins: Logins;
}
