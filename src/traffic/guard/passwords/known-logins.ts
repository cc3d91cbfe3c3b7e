import { hash, randomBytes } from 'node:crypto';

/** Somebody who has shown a right password or session before. */
export interface KnownLogin {
  /** As in the file. */
  readonly user: string;
  /** The same in UTF-8, an octet a character: the form in which fields and logs are written. */
  readonly octets: string;
  /** A whole field line that tells the app. */
  readonly line: string;
  /** The hash that the password matched: another one in the file makes this void. */
  readonly hash: string;
  /** When the password was given; seconds since 1970. */
  readonly born: number;
  /** Of a session; Infinity for a password. Seconds. */
  readonly expires: number;
  /** The session cookie that was given last: who does not keep cookies is given the same one for a second. */
  given?: GivenCookie;
}

interface GivenCookie {
  /** A whole field line. */
  readonly line: string;
  /** Under which it is known. */
  readonly name: string;
  /** Seconds since 1970. */
  readonly at: number;
  /** Of the zone, key and scheme. */
  readonly purpose: string;
}

/** A login of a user whose password matches `hash`. */
export function loginOf(user: string, hash: string, born: number, expires: number): KnownLogin {
  const octets = octetsOf(user);
  return { user, octets, line: `X-Remote-User: ${octets}\r\n`, hash, born, expires };
}

export function octetsOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

const mostKept = 20_000;
const keyLength = 32;
/** Longest secret that is remembered, octets. */
const longest = 4096;

/**
 * Remembers what was right, so that the next request costs a digest and no hash of a password. What stands in memory is a digest under a
 * key of this process: neither passwords nor cookies.
 */
export class KnownLogins {
  readonly #logins = new Map<string, KnownLogin>();
  readonly #scratch = Buffer.alloc(keyLength + longest);

  constructor() {
    randomBytes(keyLength).copy(this.#scratch);
  }

  /**
   * The name under which `bytes[start, end)` is remembered for `place`, a text of fixed length; '' for what is too long. Depends on every octet.
   */
  nameOf(place: string, bytes: Buffer, start: number, end: number): string {
    const scratch = this.#scratch;
    if (end - start + place.length > longest) return '';
    scratch.write(place, keyLength, 'latin1');
    const at = keyLength + place.length;
    bytes.copy(scratch, at, start, end);
    return hash('sha256', scratch.subarray(0, at + end - start), 'base64');
  }

  find(name: string): KnownLogin | undefined {
    return this.#logins.get(name);
  }

  remember(name: string, login: KnownLogin): void {
    if (name === '') return;
    this.#logins.delete(name);
    this.#logins.set(name, login);
    if (this.#logins.size > mostKept) this.#logins.delete(this.#logins.keys().next().value!);
  }

  forget(name: string): void {
    this.#logins.delete(name);
  }
}
