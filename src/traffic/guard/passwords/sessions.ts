import type { SessionKey, SessionRules, Users } from '../../../model/auth.ts';
import type { Clock } from '../../../model/clock.ts';
import type { Visit } from '../visit.ts';
import { type KnownLogin, loginOf, type SecretNames } from './known-logins.ts';
import type { LoginDesk } from './login-desk.ts';
import { cookieName, setCookieLine } from './session-cookies.ts';
import { readSession, type SessionScope, signSession } from './session-token.ts';

interface SessionsParts {
  /** Of which site and file they are. */
  readonly zone: string;
  readonly file: string;
  readonly names: SecretNames;
  readonly rules: SessionRules;
  readonly users: Users;
  readonly keys: readonly SessionKey[];
  readonly desk: LoginDesk;
  readonly clock: Clock;
}

/** A session older than this part of its lifetime is prolonged. */
const prolongedAfter = 1 / 4;
/** No session lasts longer than this after the password, seconds. */
const longestSession = 30 * 86_400;
/** Who has just been given a cookie and comes without it keeps none, and is not given another for so long; seconds. */
const givenFor = 10;

/** The sessions of one site and file of users: read from cookies, given, prolonged and ended. */
export class Sessions implements SessionScope {
  readonly zone: string;
  readonly logout: string | null;
  readonly #parts: SessionsParts;
  readonly #secureName: string;
  readonly #plainName: string;

  constructor(parts: SessionsParts) {
    this.#parts = parts;
    this.zone = parts.zone;
    this.logout = parts.rules.logout;
    this.#secureName = cookieName(parts.zone, true);
    this.#plainName = cookieName(parts.zone, false);
  }

  hashOf(user: string): string | undefined {
    return this.#parts.users.get(user);
  }

  /** The cookie's name, by how the client came. */
  cookieFor({ scheme }: Visit): string {
    return scheme === 'https' ? this.#secureName : this.#plainName;
  }

  /** The session that a cookie's value stands for, null for none. */
  find(value: string): KnownLogin | null {
    const { desk, keys } = this.#parts;
    const name = this.#parts.names.ofText(value);
    const now = this.#seconds();
    const known = desk.known.find(name);
    if (known !== undefined && this.hashOf(known.user) === known.hash) return known.expires > now ? known : null;
    const claims = readSession(value, keys, this, now);
    if (claims === null || desk.hasEnded(name)) return null;
    const session = loginOf({ ...claims, file: this.#parts.file, hash: this.hashOf(claims.user)! });
    desk.known.remember(name, session);
    return session;
  }

  /** A cookie for somebody who has shown a password now; `keeps`: who has one already, of which nothing is to be had. */
  give(visit: Visit, { user }: KnownLogin, keeps: boolean): void {
    const { desk } = this.#parts;
    const now = this.#seconds();
    // Behind a proxy, one connection brings many clients.
    const given = keeps || visit.peer.trusted ? undefined : desk.given.get(visit.peer);
    if (given?.user === user && given.zone === this.zone && now - given.at < givenFor) return;
    desk.given.set(visit.peer, { user, zone: this.zone, at: now });
    this.#sign(visit, user, now, now);
  }

  /** Another cookie for a session that is not young any more. */
  prolong(visit: Visit, { user, born, expires }: KnownLogin): void {
    const now = this.#seconds();
    const lifetime = this.#parts.rules.lifetime / 1000;
    if (expires - now < lifetime * (1 - prolongedAfter)) this.#sign(visit, user, born, now);
  }

  /** Ends a session for good. The field line takes the cookie away. */
  end(visit: Visit, value: string): string {
    const { desk, names } = this.#parts;
    const session = value === '' ? null : this.find(value);
    if (session !== null) desk.endSession(names.ofText(value), session.expires);
    desk.given.delete(visit.peer);
    return setCookieLine(this.cookieFor(visit), '', 0);
  }

  #sign(visit: Visit, user: string, born: number, now: number): void {
    const { keys, rules } = this.#parts;
    const [key] = keys;
    const expires = Math.min(now + Math.floor(rules.lifetime / 1000), born + longestSession);
    if (key === undefined || expires <= now) return;
    const value = signSession(key, { user, born, expires }, this);
    if (value !== null) visit.responseLines += setCookieLine(this.cookieFor(visit), value, expires - now);
  }

  #seconds(): number {
    return Math.floor(this.#parts.clock.now() / 1000);
  }
}
