/** Who may use a route: users of an htpasswd file, asked by Basic authentication (RFC 7617). */
export interface AuthRules {
  /** The htpasswd file; absolute. */
  readonly file: string;
  /** What browsers show when they ask. Printable ASCII. */
  readonly realm: string;
  /** Paths that pass without a password, each with everything below it. */
  readonly except: readonly string[];
  /** The app gets the `Authorization` field that the gate has accepted, too. */
  readonly passAuthorization: boolean;
  /** null: no cookie, a password with each request. */
  readonly session: SessionRules | null;
}

export interface SessionRules {
  /** How long a session lasts without a request, milliseconds. */
  readonly lifetime: number;
  /** A request for this path ends the session; null: there is no such path. */
  readonly logout: string | null;
}

/** The users of a file: their hashes by name. */
export type Users = ReadonlyMap<string, string>;

/** A secret that session cookies are signed with. */
export interface SessionKey {
  /** Stands in each cookie. */
  readonly id: string;
  /** 32 bytes, base64url. */
  readonly secret: string;
}

/** What passwords and sessions are checked against. */
export interface Logins {
  /** By file. */
  readonly users: ReadonlyMap<string, Users>;
  /** New cookies are signed with the first; those of the others are still good. */
  readonly sessionKeys: readonly SessionKey[];
}

export const noLogins: Logins = Object.freeze({ users: new Map(), sessionKeys: [] });
