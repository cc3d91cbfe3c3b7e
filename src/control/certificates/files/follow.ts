import type { Clock, Timer } from '../../../model/clock.ts';
import { describeError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import { DirectoryWatch } from './directories.ts';
import { fingerprintOf } from './load.ts';

export interface FollowOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** A file is another one than before, or has other content. When it rejects, it is called again at the next look. */
  onChanged(): Promise<void>;
}

export interface FollowedFiles {
  /** Looks at once instead of at the next event; resolves when what was found has been told. */
  check(): Promise<void>;
  close(): void;
}

/** Between the last event and the look: programs write in several steps. Milliseconds. */
const settle = 500;
/** File systems that give no events are asked this often. */
const pollInterval = 60_000;

/** Follows files whatever way they change: rename into place, new content, symbolic links that are pointed elsewhere. */
export async function followFiles(paths: readonly string[], options: FollowOptions): Promise<FollowedFiles> {
  const follower = new Follower(paths, options);
  await follower.start();
  return follower;
}

class Follower implements FollowedFiles {
  readonly #paths: readonly string[];
  readonly #options: FollowOptions;
  readonly #directories: DirectoryWatch;
  #seen = '';
  #soon: Timer | null = null;
  #poll: Timer | null = null;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(paths: readonly string[], options: FollowOptions) {
    this.#paths = paths;
    this.#options = options;
    this.#directories = new DirectoryWatch(() => this.#planLook(), options.log);
  }

  async start(): Promise<void> {
    this.#seen = await this.#fingerprint();
    await this.#directories.follow(this.#paths);
    this.#planPoll();
  }

  check(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  close(): void {
    this.#closed = true;
    this.#soon?.cancel();
    this.#poll?.cancel();
    this.#directories.close();
  }

  #planLook(): void {
    if (this.#closed) return;
    this.#soon?.cancel();
    this.#soon = this.#options.clock.after(settle, () => void this.check());
  }

  #planPoll(): void {
    if (this.#closed) return;
    this.#poll = this.#options.clock.after(pollInterval, () => void this.check().then(() => this.#planPoll()));
  }

  async #look(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#directories.follow(this.#paths);
      const seen = await this.#fingerprint();
      if (seen === this.#seen || this.#closed) return;
      await this.#options.onChanged();
      this.#seen = seen;
    } catch (error) {
      this.#options.log.error('Cannot follow files', { files: this.#paths.join(' '), problem: describeError(error) });
    }
  }

  async #fingerprint(): Promise<string> {
    return (await Promise.all(this.#paths.map(fingerprintOf))).join('\n');
  }
}
