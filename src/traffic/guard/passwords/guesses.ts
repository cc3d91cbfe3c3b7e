import { clientNetwork } from '../../address.ts';

/** Whether a password may be checked now: after `wait` milliseconds, or not before `retryAfter` seconds have passed. */
export type Admission =
  | { readonly wait: number; readonly ticket: Ticket; readonly retryAfter?: never }
  | { readonly retryAfter: number; readonly wait?: never };

/** An admitted check, to be given back when it is through. */
export interface Ticket {
  readonly attempt: Attempt;
  readonly tallies: readonly Tally[];
}

/** Whose password is tried, and from where. `file` keeps users of the same name in different files apart. */
export interface Attempt {
  readonly address: string;
  readonly file: string;
  readonly user: string;
}

/** Wrong passwords that cost nothing: people mistype. */
const free = 3;
/** From this many on there is no check at all for a while. */
const mostDelayed = 8;
const firstWait = 250;
const firstPause = 15_000;
/** Short, for a whole network shares it: who guessed stands still, and who has just come waits two minutes at most. */
const longestPause = 120_000;
/** One wrong password is forgotten in this time, milliseconds. */
const forgiveness = 30_000;
/** Networks, users and known pairs remembered at most, each. */
const mostKept = 10_000;

interface Tally {
  /** Wrong passwords, less what is forgotten. */
  count: number;
  at: number;
  /** Being checked now: they count like wrong ones, so a flood gains nothing by coming all at once. */
  pending: number;
  /** No check before this time. */
  until: number;
}

/**
 * Counts wrong passwords by network (/32 of IPv4, /64 of IPv6) and by user, and slows further ones down: none at first, then a wait that
 * doubles, then a pause. A user who has logged in from a network before is counted for that pair alone, so neither a bad neighbour behind the same
 * address nor a botnet shuts him out. Time is given by the caller, milliseconds that never run backwards. Memory is bounded.
 */
export class Guesses {
  readonly #networks = new Tallies();
  readonly #users = new Tallies();
  /** A user and a network that he has logged in from. */
  readonly #known = new Tallies();

  /** Asks for a check. The ticket of one that is admitted goes to one of {@link failed}, {@link succeeded} and {@link dropped}. */
  admit(attempt: Attempt, now: number): Admission {
    const tallies = this.#of(attempt, now);
    const until = Math.max(...tallies.map((tally) => tally.until));
    if (until > now) return { retryAfter: Math.ceil((until - now) / 1000) };
    const level = Math.max(...tallies.map(({ count, pending }) => Math.floor(count) + pending));
    // After a pause one is checked at a time.
    if (level >= mostDelayed && tallies.some(({ pending }) => pending > 0)) return { retryAfter: 2 };
    for (const tally of tallies) tally.pending++;
    const wait = level < free || level >= mostDelayed ? 0 : firstWait * 2 ** (level - free);
    return { wait, ticket: { attempt, tallies } };
  }

  failed(ticket: Ticket, now: number): void {
    this.dropped(ticket);
    this.count(ticket.attempt, now);
  }

  /** A wrong password that was checked elsewhere. */
  count(attempt: Attempt, now: number): void {
    for (const tally of this.#of(attempt, now)) {
      tally.count = Math.min(tally.count + 1, mostDelayed + 10);
      const over = Math.floor(tally.count) - mostDelayed;
      if (over >= 0) tally.until = now + Math.min(longestPause, firstPause * 2 ** over);
    }
  }

  succeeded(ticket: Ticket, now: number): void {
    this.dropped(ticket);
    this.welcome(ticket.attempt, now);
  }

  /** A right password that was checked elsewhere. */
  welcome(attempt: Attempt, now: number): void {
    const known = this.#known.take(pairOf(attempt), now);
    known.count = 0;
    known.until = 0;
  }

  /** An admitted check that was not made after all. */
  dropped({ tallies }: Ticket): void {
    for (const tally of tallies) tally.pending--;
  }

  #of(attempt: Attempt, now: number): readonly Tally[] {
    const known = this.#known.find(pairOf(attempt), now);
    if (known !== null) return [known];
    const { file, user } = attempt;
    return [this.#networks.take(clientNetwork(attempt.address), now), this.#users.take(`${file}\n${user}`, now)];
  }
}

function pairOf({ address, file, user }: Attempt): string {
  return `${clientNetwork(address)}\n${file}\n${user}`;
}

/** Tallies by name; what was used longest ago is forgotten first. */
class Tallies {
  readonly #tallies = new Map<string, Tally>();

  take(name: string, now: number): Tally {
    const tally = this.find(name, now) ?? { count: 0, at: now, pending: 0, until: 0 };
    this.#tallies.delete(name);
    this.#tallies.set(name, tally);
    if (this.#tallies.size > mostKept) this.#tallies.delete(this.#tallies.keys().next().value!);
    return tally;
  }

  find(name: string, now: number): Tally | null {
    const tally = this.#tallies.get(name);
    if (tally === undefined) return null;
    tally.count = Math.max(0, tally.count - (now - tally.at) / forgiveness);
    tally.at = now;
    return tally;
  }
}
