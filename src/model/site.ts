import type { Access, ClientCertificates, ClientTrust } from './access.ts';
import type { AuthRules } from './auth.ts';
import type { TargetGroup } from './target-group.ts';

/** Where an app listens. `name` is how logs, status and error messages call it, e.g. `127.0.0.1:8080`. */
export type Target =
  | {
      readonly kind: 'tcp';
      readonly name: string;
      readonly host: string;
      readonly port: number;
      /** The app is spoken to in HTTP/2: `h2c://`, or `h2://` with TLS. */
      readonly http2: boolean;
      /** Present for `https://` and `h2://` targets: the app's certificate is always verified. */
      readonly tls: TargetTls | null;
    }
  | { readonly kind: 'unix'; readonly name: string; readonly path: string };

interface TargetTls {
  /** Name sent as SNI and checked against the certificate. */
  readonly serverName: string;
  /** PEM roots to trust instead of the system's. */
  readonly ca: string | null;
}

/** Pass the request on to an app, at one of the group's targets. */
interface ProxyAction {
  readonly kind: 'proxy';
  readonly group: TargetGroup;
  /** Remove the route's path from the front of the request's before the app sees it. */
  readonly stripPrefix: boolean;
}

/** Answer with a redirect. The request's own path is not appended. */
export interface RedirectAction {
  readonly kind: 'redirect';
  readonly location: string;
  readonly status: 301 | 302 | 303 | 307 | 308;
}

/** One route of a site. `/sync` matches `/sync` and `/sync/…` but not `/syncfoo`; `/` matches everything. */
export interface Route {
  readonly path: string;
  readonly action: ProxyAction | RedirectAction;
  readonly headers: HeaderRules;
  /** Absent: nothing is added. */
  readonly safeHeaders?: SafeHeaders;
  /** Absent: anybody may pass. */
  readonly access?: Access;
  /** Absent: nobody is asked for a password. */
  readonly auth?: AuthRules;
}

/** Field changes in one direction: `remove` first, then `set` (replaces), then `add` (appends). Names as written, values validated. */
export interface HeaderChanges {
  readonly set: ReadonlyMap<string, string>;
  readonly add: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

export interface HeaderRules {
  readonly request: HeaderChanges;
  readonly response: HeaderChanges;
}

export const noHeaderChanges: HeaderChanges = Object.freeze({ set: new Map(), add: new Map(), remove: [] });
export const noHeaderRules: HeaderRules = Object.freeze({ request: noHeaderChanges, response: noHeaderChanges });

/** What is added to responses whose app does not say it itself, so that browsers are more careful. */
export interface SafeHeaders {
  readonly nosniff: boolean;
  /** Value of X-Frame-Options; '' for none. */
  readonly frames: '' | 'DENY' | 'SAMEORIGIN';
  /** Of HTML pages; '' for none. */
  readonly referrerPolicy: string;
  /** The app's cookies are marked Secure over TLS. */
  readonly secureCookies: boolean;
}

/** A certificate chain (leaf first) and its key, both PEM. */
export interface CertificatePair {
  readonly chain: string;
  readonly key: string;
}

/** Where a site's certificate comes from. */
export type TlsSource =
  | { readonly mode: 'internal' }
  | { readonly mode: 'acme' }
  | { readonly mode: 'off' }
  | { readonly mode: 'files'; readonly pairs: readonly CertificateFiles[] };

/** The user's own certificate; absolute paths. `chain` may hold leaf and intermediates. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** One site as configured, before its certificates are known. */
export interface SiteSettings {
  /** Its first name, lower case; `*.example.org` for a wildcard. */
  readonly name: string;
  /** `name` first, then the aliases; lower case, IDNA A-labels, no trailing dot, no port. */
  readonly names: readonly string[];
  readonly tls: TlsSource;
  /** Absent: clients are not asked for certificates. */
  readonly clientCertificates?: ClientCertificates;
  /** Value of Strict-Transport-Security; absent or '' for none. */
  readonly hsts?: string;
  /** Longest path first. */
  readonly routes: readonly Route[];
}

/** A site as the data plane serves it. No certificates: it is served on the HTTP port only. */
export interface Site extends SiteSettings {
  readonly certificates: readonly CertificatePair[];
  /** There whenever clients are asked for certificates. */
  readonly clientTrust?: ClientTrust;
}
