/** Where a site's certificate comes from; `auto` as the configuration means it. */
export type TlsChoice = 'auto' | 'internal' | 'off' | { readonly certificate: string; readonly key: string };

/** What is behind a site. */
export type AppChoice =
  | { readonly kind: 'target'; readonly to: string }
  | { readonly kind: 'wsgi' | 'asgi'; readonly entry: string; readonly user: string }
  | { readonly kind: 'run'; readonly words: readonly string[]; readonly user: string };

export interface SiteChoice {
  /** The site's name, then its aliases. */
  readonly names: readonly string[];
  readonly tls: TlsChoice;
  readonly app: AppChoice;
  /** Empty: all of them. */
  readonly paths: readonly string[];
  /** Asks for a name and a password of {@link Choices.users}. */
  readonly guarded: boolean;
}

/** A user to be added to an htpasswd file. */
export interface UserChoice {
  /** Absolute. */
  readonly file: string;
  readonly name: string;
  readonly password: string;
}

/** What was chosen, by answers or by options. */
export interface Choices {
  /** At least one. */
  readonly sites: readonly SiteChoice[];
  /** For the public CA; '' for none. */
  readonly email: string;
  readonly user: UserChoice | null;
}
