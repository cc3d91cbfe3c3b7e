import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { SessionKey } from '../../model/auth.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import { describeError } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import { type Disk, makeDirectories, replaceFile, systemDisk } from '../certificates/vault/disk.ts';

export interface SessionKeysOptions {
  /** The state directory. */
  readonly state: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly disk?: Disk;
  /** New cookies are signed with another key. */
  onChanged(): Promise<unknown>;
}

/** A key signs new cookies for this long, milliseconds. */
const signsFor = 7 * 86_400_000;
/** And is believed for as long as a session may last without a request after that. */
const believedFor = signsFor + 25 * 86_400_000;

const stored = z.array(
  z.object({
    id: z.string().regex(/^[\w-]{1,16}$/),
    secret: z.string().regex(/^[\w-]{43}$/),
    since: z.number().int(),
  }),
);
type StoredKey = z.output<typeof stored>[number];

/**
 * The keys that session cookies are signed with, in `sessions.json` (0600) of the state directory: a new one each week, the earlier ones
 * kept until no session of theirs can be alive. Whoever deletes the file logs everybody out with the next start.
 */
export class SessionKeys {
  readonly #options: SessionKeysOptions;
  readonly #disk: Disk;
  readonly #file: string;
  #keys: readonly StoredKey[] = [];
  #timer: Timer | null = null;
  #closed = false;

  private constructor(options: SessionKeysOptions) {
    this.#options = options;
    this.#disk = options.disk ?? systemDisk;
    this.#file = join(options.state, 'sessions.json');
  }

  /** Never rejects: where keys cannot be stored they live as long as the process, and the log says so. */
  static async open(options: SessionKeysOptions): Promise<SessionKeys> {
    const keys = new SessionKeys(options);
    keys.#keys = await keys.#read();
    await keys.#rotate();
    return keys;
  }

  /** The one that signs first. */
  current(): readonly SessionKey[] {
    return this.#keys.map(({ id, secret }) => ({ id, secret }));
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #read(): Promise<readonly StoredKey[]> {
    try {
      const text = await this.#disk.read(this.#file);
      return text === null ? [] : stored.parse(JSON.parse(text));
    } catch (error) {
      this.#options.log.warn('the keys of sessions cannot be read; everybody is asked for the password again', {
        file: this.#file,
        problem: describeError(error),
      });
      return [];
    }
  }

  /** A new key where it is time for one, and the next look at it. */
  async #rotate(): Promise<void> {
    const now = this.#options.clock.now();
    const [signing] = this.#keys;
    if (signing === undefined || now - signing.since >= signsFor || signing.since > now + signsFor) {
      const fresh = {
        id: randomBytes(6).toString('base64url'),
        secret: randomBytes(32).toString('base64url'),
        since: now,
      };
      this.#keys = [fresh, ...this.#keys.filter(({ since }) => Math.abs(now - since) < believedFor)];
      await this.#write();
      if (signing !== undefined) void this.#options.onChanged();
    }
    if (this.#closed) return;
    this.#timer = this.#options.clock.after(3_600_000, () => void this.#rotate());
  }

  async #write(): Promise<void> {
    try {
      await makeDirectories(this.#disk, this.#options.state);
      await replaceFile(this.#disk, this.#file, `${JSON.stringify(this.#keys)}\n`);
    } catch (error) {
      this.#options.log.warn('the keys of sessions cannot be stored; a restart will ask everybody for the password', {
        file: this.#file,
        problem: describeError(error),
      });
    }
  }
}
