import type { AuthRules, SessionKey, Users } from '../../../model/auth.ts';
import type { Clock } from '../../../model/clock.ts';
import { fieldId } from '../../../wire/http1/field-names.ts';
import type { FieldTable } from '../../../wire/http1/field-table.ts';
import { startsWithIgnoreCase } from '../../../wire/http1/octets.ts';
import { isUnder } from '../../path-prefix.ts';
import { type Guard, pass, pending, type Refusal, type Verdict } from '../guard.ts';
import type { Visit } from '../visit.ts';
import { challengeLine, readBasic } from './credentials.ts';
import { type KnownLogin, loginOf, octetsOf, type SecretNames } from './known-logins.ts';
import type { CheckResult, LoginDesk } from './login-desk.ts';
import { isForeign } from './same-origin.ts';
import { findCookies, otherCookies } from './session-cookies.ts';
import { Sessions } from './sessions.ts';

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
  /** Value of the session cookie; '' for none. */
  readonly cookie: string;
  /** The session, if the cookie is good; null for none. */
  readonly session: KnownLogin | null;
}

/** Credentials for the app itself that are remembered as such, at most. */
const mostForeign = 1_000;

const wrong = 'The name or the password is wrong.';

/**
 * Lets the users of a file pass: by a password (Basic, RFC 7617) or by the session cookie that a right password gives. What was right
 * is remembered as a digest; only what is new is checked, by the desk.
 *
 * With a good session, Basic credentials that are not the gate's are the app's, and are passed on as any other Authorization.
 */
export class PasswordGuard implements Guard {
  readonly ownedFields: readonly string[] = [];
  readonly exceptions: readonly string[];
  readonly #parts: PasswordGuardParts;
  readonly #sessions: Sessions | null;
  readonly #challenge: string;
  readonly #names: SecretNames;
  /** The hashes in turn, for users who are not there. */
  readonly #hashes: readonly string[];
  readonly #foreign = new Set<string>();

  constructor(parts: PasswordGuardParts) {
    const { site, rules, users, sessionKeys: keys, desk, clock } = parts;
    const zone = `${site}\n${rules.file}`;
    this.#parts = parts;
    this.#names = desk.known.namesFor(zone);
    const shared = { zone, file: rules.file, names: this.#names, users, keys, desk, clock };
    this.#sessions = rules.session === null ? null : new Sessions({ ...shared, rules: rules.session });
    this.exceptions = rules.except.map((path) => path.replace(/\/+$/, ''));
    this.#challenge = challengeLine(rules.realm);
    this.#hashes = [...users.values()];
  }

  check(visit: Visit): Verdict | typeof pending {
    const { fields } = visit.request;
    visit.droppedIds.push(fieldId['x-remote-user']);
    if (this.#isExcepted(visit)) {
      if (findCookies(fields, '').anyOwn) hideCookies(visit, fields);
      return pass;
    }
    const shown = this.#look(visit, fields);
    if (shown === null) return { status: 400, detail: 'The request has two Authorization fields.', lines: '' };
    if (this.#sessions !== null && this.#sessions.logout === visit.request.path)
      return this.#logOut(visit, shown, this.#sessions);
    const { basicAt, basicName, session } = shown;
    const known = basicAt < 0 ? undefined : this.#parts.desk.known.find(basicName);
    if (known !== undefined && this.#isCurrent(known)) return this.#welcome(visit, shown, known);
    if (basicAt < 0) return session === null ? this.#ask('') : this.#admit(visit, session);
    if (session !== null && this.#foreign.has(basicName)) return this.#admit(visit, session);
    return this.#verify(visit, shown);
  }

  #isExcepted({ request }: Visit): boolean {
    if (this.exceptions.length === 0) return false;
    const { path } = request;
    return this.exceptions.some((prefix) => isUnder(path, prefix));
  }

  /** null when the request is ambiguous. */
  #look(visit: Visit, fields: FieldTable): Shown | null {
    let basicAt = -1;
    let seen = false;
    for (let i = 0; i < fields.count; i++) {
      if (fields.ids[i] !== fieldId.authorization) continue;
      if (seen) return null;
      seen = true;
      if (startsWithIgnoreCase(fields.bytes, fields.valueStart(i), fields.valueEnd(i), 'basic ')) basicAt = i;
    }
    const basicName =
      basicAt < 0 ? '' : this.#names.of(fields.bytes, fields.valueStart(basicAt), fields.valueEnd(basicAt));
    const { value: cookie, anyOwn } = findCookies(fields, this.#sessions?.cookieFor(visit) ?? '');
    if (anyOwn) hideCookies(visit, fields);
    const session = cookie === '' ? null : (this.#sessions?.find(cookie) ?? null);
    return { basicAt, basicName, cookie, session };
  }

  #isCurrent({ user, hash }: KnownLogin): boolean {
    return this.#parts.users.get(user) === hash;
  }

  /** By its password, now or remembered. */
  #welcome(visit: Visit, { cookie, session }: Shown, login: KnownLogin): Verdict {
    if (!this.#parts.rules.passAuthorization) visit.droppedIds.push(fieldId.authorization);
    const verdict = this.#enter(visit, login);
    if (verdict !== pass || this.#sessions === null) return verdict;
    if (session?.user === login.user) this.#sessions.prolong(visit, session);
    else this.#sessions.give(visit, login, cookie !== '');
    return pass;
  }

  /** By its session. */
  #admit(visit: Visit, session: KnownLogin): Verdict {
    const verdict = this.#enter(visit, session);
    if (verdict === pass) this.#sessions?.prolong(visit, session);
    return verdict;
  }

  #enter(visit: Visit, login: KnownLogin): Verdict {
    visit.user = login.octets;
    visit.login = login;
    if (isForeign(visit)) {
      const detail = 'A page of another site has sent this request, and it would act in the name of the user.';
      return { status: 403, detail, lines: '' };
    }
    visit.requestLines += login.line;
    return pass;
  }

  #verify(visit: Visit, shown: Shown): Verdict | typeof pending {
    const { desk, rules, users } = this.#parts;
    const { basicAt, basicName: name } = shown;
    const credentials = readBasic(visit.request.fields.value(basicAt).slice('basic '.length).trim());
    const decoy = credentials === null ? null : this.#decoyFor(credentials.user);
    if (credentials === null || decoy === null || name === '') return this.#ask(wrong);
    const { user, password } = credentials;
    const hash = users.get(user) ?? null;
    visit.user = octetsOf(user);
    let verdict: Verdict | null = null;
    let waits = false;
    const attempt = { address: visit.clientAddress, file: rules.file, user };
    desk.check({ ...attempt, name, password, hash, decoy, abandoned: () => visit.left }, (result) => {
      const login = result === 'right' ? this.#remember(name, user, hash!) : null;
      verdict = login === null ? this.#judge(visit, shown, result) : this.#welcome(visit, shown, login);
      if (waits) visit.settle(verdict);
    });
    waits = true;
    return verdict ?? pending;
  }

  #remember(name: string, user: string, hash: string): KnownLogin {
    const { desk } = this.#parts;
    const known = desk.known.find(name);
    if (known?.hash === hash) return known;
    const login = loginOf({ file: this.#parts.rules.file, user, hash, born: 0, expires: Number.POSITIVE_INFINITY });
    desk.known.remember(name, login);
    return login;
  }

  /** What follows from a password that is wrong, or was not looked at. */
  #judge(visit: Visit, { basicName, session }: Shown, result: CheckResult): Verdict {
    if (typeof result === 'object') return tooMany(result.retryAfter);
    if (session === null) return this.#ask(wrong);
    this.#foreign.add(basicName);
    if (this.#foreign.size > mostForeign) this.#foreign.delete(this.#foreign.keys().next().value!);
    return this.#admit(visit, session);
  }

  /** The hash that somebody who is not there is checked against, always the same for a name: as slow as somebody who is. */
  #decoyFor(user: string): string | null {
    const at = Buffer.from(this.#names.ofText(user), 'base64').readUInt32BE(0);
    return this.#hashes[at % this.#hashes.length] ?? null;
  }

  #ask(detail: string): Refusal {
    return { status: 401, detail, lines: this.#challenge };
  }

  /** Browsers forget the password of a request that is refused, so one that came with a password is. */
  #logOut(visit: Visit, { basicAt, cookie }: Shown, sessions: Sessions): Refusal {
    const lines = sessions.end(visit, cookie);
    if (basicAt >= 0) return { status: 401, detail: 'You are logged out.', lines: lines + this.#challenge };
    const bytes = Buffer.from('You are logged out.\n');
    return { status: 200, detail: 'logged out', lines, body: { contentType: 'text/plain; charset=utf-8', bytes } };
  }
}

function tooMany(seconds: number): Refusal {
  const detail = `Too many wrong passwords. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
  return { status: 429, detail, lines: `Retry-After: ${seconds}\r\n` };
}

/** The app gets its own cookies only. */
function hideCookies(visit: Visit, fields: FieldTable): void {
  visit.droppedIds.push(fieldId.cookie);
  visit.requestLines += otherCookies(fields);
}
