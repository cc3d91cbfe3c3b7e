import { type Logins, noLogins } from '../../../model/auth.ts';
import type { Clock } from '../../../model/clock.ts';
import { PasswordThread } from '../../../passwords/password-thread.ts';
import { clientNetwork } from '../../address.ts';
import type { Peer } from '../../filter/forwarding.ts';
import type { GuardNews } from '../guard-home.ts';
import type { LoginProof } from '../visit.ts';
import { CheckQueue } from './check-queue.ts';
import { type Attempt, Guesses, type Ticket } from './guesses.ts';
import { KnownLogins } from './known-logins.ts';

interface DeskSurroundings {
  readonly clock: Clock;
  readonly tell: (news: GuardNews) => void;
}

/** What became of a password: right, wrong, or not looked at, with the seconds after which to ask again. */
export type CheckResult = 'right' | 'wrong' | { readonly retryAfter: number };

/** A password to check. */
export interface Check extends Attempt {
  /** Under which name the credentials are known, so that the same ones are checked once. */
  readonly name: string;
  readonly password: string;
  /** The user's; null for a user who is not there, for whom the same work is done with `decoy`. */
  readonly hash: string | null;
  readonly decoy: string;
  /** Nobody waits any more. */
  abandoned(): boolean;
}

/** Ends of sessions remembered at most. */
const mostEnded = 10_000;

/** What the password guards of a worker share. It goes on when the configuration changes. */
export class LoginDesk {
  readonly known = new KnownLogins();
  /** Who was given a cookie last, by connection. */
  readonly given = new WeakMap<Peer, { readonly user: string; readonly zone: string; readonly at: number }>();
  readonly #home: DeskSurroundings;
  #current: Logins = noLogins;
  readonly #guesses = new Guesses();
  readonly #queue = new CheckQueue();
  readonly #thread = new PasswordThread();
  /** Whoever waits for the check of the same credentials. */
  readonly #waiting = new Map<string, { abandoned(): boolean; done(result: CheckResult): void }[]>();
  /** Cookies that were logged out, with the second of their end. */
  readonly #ended = new Map<string, number>();

  constructor(home: DeskSurroundings) {
    this.#home = home;
  }

  /** The users and keys of the configuration that is being taken up. */
  get current(): Logins {
    return this.#current;
  }

  use(logins: Logins): void {
    this.#current = logins;
  }

  /** Whether a user is out who was let in before: removed, or with another password. A file that is not in use any more decides nothing. */
  isOut({ file, user, hash }: LoginProof): boolean {
    const users = this.#current.users.get(file);
    return users !== undefined && users.get(user) !== hash;
  }

  /** Checks a password when it is its turn. Calls back once, perhaps before it returns. */
  check(check: Check, done: (result: CheckResult) => void): void {
    const waiting = this.#waiting.get(check.name);
    const waiter = { abandoned: () => check.abandoned(), done };
    if (waiting !== undefined) {
      waiting.push(waiter);
      return;
    }
    const { clock } = this.#home;
    const admission = this.#guesses.admit(check, clock.now());
    if (admission.retryAfter !== undefined) return done({ retryAfter: admission.retryAfter });
    this.#waiting.set(check.name, [waiter]);
    const { wait, ticket } = admission;
    if (wait === 0) this.#enqueue(check, ticket);
    else clock.after(wait, () => this.#enqueue(check, ticket));
  }

  /** What another worker has learnt. */
  learn(news: GuardNews): void {
    const { kind, address, file, user, name, until } = news;
    if (kind === 'logout' && typeof name === 'string' && typeof until === 'number') this.#end(name, until);
    if (typeof address !== 'string' || typeof file !== 'string' || typeof user !== 'string') return;
    const now = this.#home.clock.now();
    if (kind === 'wrong-password') this.#guesses.count({ address, file, user }, now);
    if (kind === 'right-password') this.#guesses.welcome({ address, file, user }, now);
  }

  /** The session known as `name` is over; it would have ended at `until` (seconds) by itself. */
  endSession(name: string, until: number): void {
    this.#end(name, until);
    this.#home.tell({ kind: 'logout', name, until });
  }

  hasEnded(name: string): boolean {
    return this.#ended.has(name);
  }

  stop(): void {
    this.#thread.stop();
  }

  #end(name: string, until: number): void {
    this.known.forget(name);
    this.#ended.set(name, until);
    if (this.#ended.size <= mostEnded) return;
    const now = this.#home.clock.now() / 1000;
    for (const [other, end] of this.#ended) if (end < now) this.#ended.delete(other);
    if (this.#ended.size > mostEnded) this.#ended.delete(this.#ended.keys().next().value!);
  }

  #enqueue(check: Check, ticket: Ticket): void {
    const taken = this.#queue.offer(clientNetwork(check.address), (next) => {
      if (this.#waiting.get(check.name)?.every((waiter) => waiter.abandoned()) ?? true) {
        this.#guesses.dropped(ticket);
        this.#finish(check, { retryAfter: 1 });
        next();
        return;
      }
      this.#thread.check(check.password, check.hash ?? check.decoy, (matches) => {
        this.#judge(check, ticket, matches && check.hash !== null);
        next();
      });
    });
    if (taken) return;
    this.#guesses.dropped(ticket);
    this.#finish(check, { retryAfter: 2 });
  }

  #judge(check: Check, ticket: Ticket, right: boolean): void {
    const { address, file, user } = check;
    const now = this.#home.clock.now();
    if (right) this.#guesses.succeeded(ticket, now);
    else this.#guesses.failed(ticket, now);
    this.#home.tell({ kind: right ? 'right-password' : 'wrong-password', address, file, user });
    this.#finish(check, right ? 'right' : 'wrong');
  }

  #finish(check: Check, result: CheckResult): void {
    const waiting = this.#waiting.get(check.name) ?? [];
    this.#waiting.delete(check.name);
    for (const { done } of waiting) done(result);
  }
}
