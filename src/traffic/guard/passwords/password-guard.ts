import { createHash } from 'node:crypto';
import type { AuthRules, SessionKey, Users } from '../../../model/auth.ts';
import type { Clock } from '../../../model/clock.ts';
import { fieldId } from '../../../wire/http1/field-names.ts';
import type { FieldTable } from '../../../wire/http1/field-table.ts';
import { startsWithIgnoreCase } from '../../../wire/http1/octets.ts';
import { isUnder } from '../../path-prefix.ts';
import { type Guard, pass, pending, type Refusal, type Verdict } from '../guard.ts';
import type { Visit } from '../visit.ts';
import { challengeLine, readBasic } from './credentials.ts';
import { type KnownLogin, loginOf, octetsOf } from './known-logins.ts';
import type { CheckResult, LoginDesk } from './login-desk.ts';
import { isForeign } from './same-origin.ts';
import { cookieName, findCookies, otherCookies, setCookieLine } from './session-cookies.ts';
import { readSession, type SessionScope, signSession } from './session-token.ts';

/** What a password guard is made of. */
export interface PasswordGuardParts {
  /** The site's first name. */
  readonly site: string;
  readonly rules: AuthRules;
  readonly users: Users;
  readonly sessionKeys: readonly SessionKey[];
  readonly desk: LoginDesk;
  readonly clock: Clock;
}

/** What one request shows of who it is. */
interface Shown {
  /** Index of the Authorization field with Basic credentials; -1 for none. */
  readonly basicAt: number;
  /** Name under which they may be known. */
  readonly basicName: string;
  /** The session, if the cookie is good; null for none. */
  readonly session: KnownLogin | null;
  readonly sessionName: string;
  readonly secure: boolean;
}

/** A session older than this part of its lifetime is prolonged. */
const prolongedAfter = 1 / 4;
/** No session lasts longer than this after the password, seconds. */
const longestSession = 30 * 86_400;
/** Credentials for the app itself that are remembered as such, at most. */
const mostForeign = 1_000;

const wrong = 'The name or the password is wrong.';

/**
 * Lets the users of a file pass: by a password (Basic, RFC 7617) or by the session cookie that a right password gives. What was right
 * is remembered as a digest; only what is new is checked, by the desk.
 *
 * With a good session, Basic credentials that are not the gate's are the app's, and are passed on as any other Authorization.
 */
export class PasswordGuard implements Guard, SessionScope {
  readonly ownedFields: readonly string[] = [];
  readonly exceptions: readonly string[];
  readonly zone: string;
  readonly #parts: PasswordGuardParts;
  readonly #challenge: string;
  readonly #cookie: { readonly secure: string; readonly plain: string };
  /** Of fixed length: what digests of this file begin with. */
  readonly #place: string;
  /** The hashes in turn, for users who are not there. */
  readonly #hashes: readonly string[];
  readonly #foreign = new Set<string>();

  constructor(parts: PasswordGuardParts) {
    this.#parts = parts;
    this.zone = `${parts.site}\n${parts.rules.file}`;
    this.exceptions = parts.rules.except.map((path) => path.replace(/\/+$/, ''));
    this.#challenge = challengeLine(parts.rules.realm);
    this.#cookie = { secure: cookieName(this.zone, true), plain: cookieName(this.zone, false) };
    this.#place = createHash('sha256').update(this.zone).digest('base64');
    this.#hashes = [...parts.users.values()];
  }

  hashOf(user: string): string | undefined {
    return this.#parts.users.get(user);
  }

  check(visit: Visit): Verdict | typeof pending {
    const { rules } = this.#parts;
    const { fields } = visit.request;
    visit.droppedIds.push(fieldId['x-remote-user']);
    if (this.#isExcepted(visit)) {
      hideCookies(visit, fields);
      return pass;
    }
    const shown = this.#look(visit, fields);
    if (shown === null) return { status: 400, detail: 'The request has two Authorization fields.', lines: '' };
    if (rules.session?.logout === visit.request.path) return this.#logOut(shown);
    const known = shown.basicAt < 0 ? undefined : this.#valid(this.#parts.desk.known.find(shown.basicName));
    if (known !== undefined) return this.#welcome(visit, shown, known);
    if (shown.basicAt < 0) return shown.session === null ? this.#ask('') : this.#admit(visit, shown, shown.session);
    if (shown.session !== null && this.#foreign.has(shown.basicName)) return this.#admit(visit, shown, shown.session);
    return this.#verify(visit, shown);
  }

  #isExcepted({ request }: Visit): boolean {
    if (this.exceptions.length === 0) return false;
    const { path } = request;
    return this.exceptions.some((prefix) => isUnder(path, prefix));
  }

  /** null when the request is ambiguous. */
  #look(visit: Visit, fields: FieldTable): Shown | null {
    const { desk, rules } = this.#parts;
    const secure = visit.scheme === 'https';
    let basicAt = -1;
    let seen = false;
    for (let i = 0; i < fields.count; i++) {
      if (fields.ids[i] !== fieldId.authorization) continue;
      if (seen) return null;
      seen = true;
      if (startsWithIgnoreCase(fields.bytes, fields.valueStart(i), fields.valueEnd(i), 'basic ')) basicAt = i;
    }
    const basicName =
      basicAt < 0
        ? ''
        : desk.known.nameOf(this.#place, fields.bytes, fields.valueStart(basicAt), fields.valueEnd(basicAt));
    const { value, anyOwn } = findCookies(fields, this.#cookieName(secure));
    if (anyOwn) hideCookies(visit, fields);
    const usable = value !== '' && rules.session !== null;
    const sessionName = usable ? this.#nameOfCookie(value) : '';
    return { basicAt, basicName, session: usable ? this.#readSession(value, sessionName) : null, sessionName, secure };
  }

  #nameOfCookie(value: string): string {
    return this.#parts.desk.known.nameOf(this.#place, Buffer.from(value, 'latin1'), 0, value.length);
  }

  #readSession(value: string, name: string): KnownLogin | null {
    const { desk, sessionKeys } = this.#parts;
    const now = this.#seconds();
    const known = this.#valid(desk.known.find(name));
    if (known !== undefined) return known.expires > now ? known : null;
    const claims = readSession(value, sessionKeys, this, now);
    if (claims === null || desk.hasEnded(name)) return null;
    const session = loginOf(claims.user, this.hashOf(claims.user)!, claims.born, claims.expires);
    desk.known.remember(name, session);
    return session;
  }

  #valid(login: KnownLogin | undefined): KnownLogin | undefined {
    return login !== undefined && this.hashOf(login.user) === login.hash ? login : undefined;
  }

  /** By its password, now or remembered. */
  #welcome(visit: Visit, shown: Shown, login: KnownLogin): Verdict {
    if (!this.#parts.rules.passAuthorization) visit.droppedIds.push(fieldId.authorization);
    const verdict = this.#enter(visit, login);
    if (verdict === pass && shown.session?.user !== login.user) this.#giveSession(visit, login, shown.secure);
    else if (verdict === pass && shown.session !== null) this.#prolong(visit, shown.session, shown.secure);
    return verdict;
  }

  /** By its session. */
  #admit(visit: Visit, shown: Shown, session: KnownLogin): Verdict {
    const verdict = this.#enter(visit, session);
    if (verdict === pass) this.#prolong(visit, session, shown.secure);
    return verdict;
  }

  #enter(visit: Visit, login: KnownLogin): Verdict {
    const { user, hash } = login;
    visit.user = login.octets;
    visit.login = { file: this.#parts.rules.file, user, hash };
    if (isForeign(visit)) {
      const detail = 'A page of another site has sent this request, and it would act in the name of the user.';
      return { status: 403, detail, lines: '' };
    }
    visit.requestLines += login.line;
    return pass;
  }

  #prolong(visit: Visit, session: KnownLogin, secure: boolean): void {
    const { rules } = this.#parts;
    if (rules.session === null) return;
    const lifetime = rules.session.lifetime / 1000;
    if (session.expires - this.#seconds() < lifetime * (1 - prolongedAfter)) this.#giveSession(visit, session, secure);
  }

  #giveSession(visit: Visit, login: KnownLogin, secure: boolean): void {
    const { desk, rules, sessionKeys } = this.#parts;
    const [key] = sessionKeys;
    if (rules.session === null || key === undefined) return;
    const now = this.#seconds();
    const purpose = secure ? key.id : `${key.id} http`;
    let { given } = login;
    // Who keeps no cookies is given one with each request: one a second is enough.
    if (given?.purpose !== purpose || given.at !== now || desk.hasEnded(given.name)) {
      const { user } = login;
      // A password is as good as new each time.
      const born = login.expires === Number.POSITIVE_INFINITY ? now : login.born;
      const expires = Math.min(now + Math.floor(rules.session.lifetime / 1000), born + longestSession);
      const value = expires <= now ? null : signSession(key, { user, born, expires }, this);
      const line = value === null ? '' : setCookieLine(this.#cookieName(secure), value, expires - now);
      const name = value === null ? '' : this.#nameOfCookie(value);
      given = { line, name, at: now, purpose };
      login.given = given;
    }
    visit.responseLines += given.line;
  }

  #verify(visit: Visit, shown: Shown): Verdict | typeof pending {
    const { desk, rules } = this.#parts;
    const { fields } = visit.request;
    const token = fields.value(shown.basicAt).slice('basic '.length).trim();
    const credentials = readBasic(token);
    if (credentials === null || shown.basicName === '') return this.#ask(wrong);
    const { user, password } = credentials;
    const hash = this.hashOf(user) ?? null;
    const decoy = this.#decoyFor(user);
    if (decoy === null) return this.#ask(wrong);
    visit.user = octetsOf(user);
    let verdict: Verdict | null = null;
    let waits = false;
    const place = { address: visit.clientAddress, file: rules.file, name: shown.basicName };
    desk.check({ ...place, user, password, hash, decoy, abandoned: () => visit.left }, (result) => {
      if (result === 'right')
        desk.known.remember(shown.basicName, loginOf(user, hash!, this.#seconds(), Number.POSITIVE_INFINITY));
      verdict = this.#judge(visit, shown, result);
      if (waits) visit.settle(verdict);
    });
    waits = true;
    return verdict ?? pending;
  }

  #judge(visit: Visit, shown: Shown, result: CheckResult): Verdict {
    if (result === 'right') {
      const known = this.#valid(this.#parts.desk.known.find(shown.basicName));
      return known === undefined ? this.#ask(wrong) : this.#welcome(visit, shown, known);
    }
    if (result === 'wrong') {
      if (shown.session === null) return this.#ask(wrong);
      this.#foreign.add(shown.basicName);
      if (this.#foreign.size > mostForeign) this.#foreign.delete(this.#foreign.keys().next().value!);
      return this.#admit(visit, shown, shown.session);
    }
    return tooMany(result.retryAfter);
  }

  /** The hash that somebody who is not there is checked against, always the same for a name: as slow as somebody who is. */
  #decoyFor(user: string): string | null {
    const { desk } = this.#parts;
    const name = Buffer.from(user, 'utf8');
    const digest = desk.known.nameOf(this.#place, name, 0, name.length);
    const at = Buffer.from(digest, 'base64').readUInt32BE(0);
    return this.#hashes[at % this.#hashes.length] ?? null;
  }

  #ask(detail: string): Refusal {
    return { status: 401, detail, lines: this.#challenge };
  }

  /** Browsers forget the password of a request that is refused, so one that came with a password is. */
  #logOut(shown: Shown): Refusal {
    const { desk } = this.#parts;
    if (shown.session !== null) desk.endSession(shown.sessionName, shown.session.expires);
    const lines = setCookieLine(this.#cookieName(shown.secure), '', 0);
    if (shown.basicAt >= 0) return { status: 401, detail: 'You are logged out.', lines: lines + this.#challenge };
    const bytes = Buffer.from('You are logged out.\n');
    return { status: 200, detail: 'logged out', lines, body: { contentType: 'text/plain; charset=utf-8', bytes } };
  }

  #cookieName(secure: boolean): string {
    return secure ? this.#cookie.secure : this.#cookie.plain;
  }

  #seconds(): number {
    return Math.floor(this.#parts.clock.now() / 1000);
  }
}

function tooMany(seconds: number): Refusal {
  const detail = `Too many wrong passwords. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
  return { status: 429, detail, lines: `Retry-After: ${seconds}\r\n` };
}

/** The app gets its own cookies only. */
function hideCookies(visit: Visit, fields: FieldTable): void {
  if (visit.droppedIds.includes(fieldId.cookie) || !findCookies(fields, '').anyOwn) return;
  visit.droppedIds.push(fieldId.cookie);
  visit.requestLines += otherCookies(fields);
}
