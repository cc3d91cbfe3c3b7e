import { stat } from 'node:fs/promises';
import type { Clock, Timer } from '../../model/clock.ts';
import { describeError, systemErrorCode, UserError } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import { DirectoryWatch } from '../certificates/files/directories.ts';
import { type ReadUserFile, readUserFile } from './user-file.ts';

export interface WatchUsersOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Another content of the file than before, read whole. Resolves when it is what decides. */
  onChanged(): Promise<unknown>;
}

/** Between the last event and the look; milliseconds. Short, for whoever is removed is to be out at once. */
const settle = 50;
/** A broken file is looked at again after this before it is shouted: its other half may be on its way. */
const grace = 1_000;
/** File systems that give no events are asked this often. */
const pollInterval = 60_000;

/**
 * Follows one file of users: rename into place, new content, symbolic links pointed elsewhere. A file that cannot be used leaves the
 * users as they were and is named in the error log.
 */
export class UserFileWatch {
  readonly #file: string;
  readonly #options: WatchUsersOptions;
  readonly #directories: DirectoryWatch;
  #current: ReadUserFile;
  #fingerprint: string;
  /** Of the file as it was refused, and whether that was told. */
  #refused: { readonly fingerprint: string; readonly told: boolean } | null = null;
  #soon: Timer | null = null;
  #poll: Timer | null = null;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(file: string, fingerprint: string, current: ReadUserFile, options: WatchUsersOptions) {
    this.#file = file;
    this.#fingerprint = fingerprint;
    this.#current = current;
    this.#options = options;
    this.#directories = new DirectoryWatch(() => this.#planLook(settle), options.log);
  }

  /** Reads the file and follows it from now on. Rejects with a UserError, or an AggregateError of several, when it cannot be used. */
  static async open(file: string, options: WatchUsersOptions): Promise<UserFileWatch> {
    const fingerprint = await fingerprintOf(file);
    const watch = new UserFileWatch(file, fingerprint, await readUserFile(file), options);
    await watch.#directories.follow([file]);
    // Whatever changed between the reading and the watching.
    watch.#planLook(settle);
    watch.#planPoll();
    return watch;
  }

  /** The file as it was last read whole. */
  get current(): ReadUserFile {
    return this.#current;
  }

  close(): void {
    this.#closed = true;
    this.#soon?.cancel();
    this.#poll?.cancel();
    this.#directories.close();
  }

  #planLook(delay: number): void {
    if (this.#closed) return;
    this.#soon?.cancel();
    this.#soon = this.#options.clock.after(delay, () => void this.#look());
  }

  #planPoll(): void {
    if (this.#closed) return;
    this.#poll = this.#options.clock.after(pollInterval, () => void this.#look().then(() => this.#planPoll()));
  }

  #look(): Promise<void> {
    this.#looking = this.#looking
      .then(() => this.#lookNow())
      .catch((error: unknown) => {
        this.#options.log.error('cannot follow a file of users', { file: this.#file, problem: describeError(error) });
      });
    return this.#looking;
  }

  async #lookNow(): Promise<void> {
    if (this.#closed) return;
    await this.#directories.follow([this.#file]);
    const seen = await fingerprintOf(this.#file);
    if (seen === this.#fingerprint || (this.#refused?.fingerprint === seen && this.#refused.told)) return;
    let next: ReadUserFile;
    try {
      next = await readUserFile(this.#file);
    } catch (error) {
      return this.#refuse(seen, error);
    }
    if (this.#closed) return;
    this.#current = next;
    this.#fingerprint = seen;
    this.#refused = null;
    await this.#options.onChanged();
    const facts = { file: this.#file, users: next.users.size };
    this.#options.log.info('a file of users has changed and is taken up', facts);
  }

  #refuse(fingerprint: string, error: unknown): void {
    const again = this.#refused?.fingerprint === fingerprint;
    this.#refused = { fingerprint, told: again };
    if (!again) return this.#planLook(grace);
    const [first] = error instanceof AggregateError ? error.errors : [error];
    const { at, cure } = first instanceof UserError ? first : {};
    const place = at === undefined ? {} : { line: at.line };
    const facts = { file: this.#file, problem: describeError(first), cure, ...place };
    this.#options.log.error('a file of users cannot be used; the users of before are still let in', facts);
  }
}

/** What identifies the present content without reading it. Never rejects. */
async function fingerprintOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return systemErrorCode(error);
  }
}
