import { createHmac, hash, randomBytes } from 'node:crypto';

/** Somebody who has shown a right password or session before. */
export interface KnownLogin {
  /** Of users. */
  readonly file: string;
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
}

/** A login, with what it is worked out for beforehand. */
export function loginOf(facts: Omit<KnownLogin, 'octets' | 'line'>): KnownLogin {
  const { file, user, hash, born, expires } = facts;
  const octets = octetsOf(user);
  return { file, user, octets, line: `X-Remote-User: ${octets}\r\n`, hash, born, expires };
}

export function octetsOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

const mostKept = 20_000;
const keyLength = 16;
/** Longest secret that is remembered, octets. */
const longest = 4096;
/** Secrets up to this long have their view of the memory made once. */
const longestKeptView = 512;

/**
 * Names secrets of one place (a site with its file of users) by digests under a key of this process: who reads a name learns nothing of the
 * secret, and no other place gives it the same name.
 */
export class SecretNames {
  /** The key, then the secret while it is being named. */
  readonly #scratch = Buffer.alloc(keyLength + longest);
  readonly #views: (Buffer | undefined)[] = [];

  constructor(key: Buffer) {
    key.copy(this.#scratch, 0, 0, keyLength);
  }

  /** The name of `bytes[start, end)`; '' for what is too long. */
  of(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > longest) return '';
    const scratch = this.#scratch;
    for (let i = 0; i < length; i++) scratch[keyLength + i] = bytes[start + i]!;
    if (length > longestKeptView) return hash('sha256', scratch.subarray(0, keyLength + length), 'base64');
    this.#views[length] ??= scratch.subarray(0, keyLength + length);
    return hash('sha256', this.#views[length], 'base64');
  }

  ofText(text: string): string {
    const bytes = Buffer.from(text, 'utf8');
    return this.of(bytes, 0, bytes.length);
  }
}

/**
 * Remembers what was right, so that the next request costs a digest and no hash of a password. What stands in memory are names
 * ({@link SecretNames}): neither passwords nor cookies.
 */
export class KnownLogins {
  readonly #logins = new Map<string, KnownLogin>();
  readonly #key = randomBytes(32);

  namesFor(place: string): SecretNames {
    return new SecretNames(createHmac('sha256', this.#key).update(place).digest());
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
