import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../model/clock.ts';
import type { Log } from '../../model/log.ts';
import { DirectoryWatch } from '../certificates/files/directories.ts';

export interface PathWatchOptions {
  /** Files and directories; a directory stands for the files in it, not for those further below. */
  readonly paths: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** One of them is other than it was; which. */
  onChanged(path: string): void;
}

/** Between the last event and the look: a deployment writes more than one file. Milliseconds. */
const settle = 300;
/** File systems that give no events are asked this often; milliseconds. */
const pollInterval = 30_000;

/** Tells when files are touched, written anew or replaced. What is gone is no change until it is there again. */
export class PathWatch {
  readonly #options: PathWatchOptions;
  readonly #directories: DirectoryWatch;
  readonly #seen = new Map<string, string>();
  /** The paths under watch, one a line. */
  #followed = '';
  #soon: Timer | null = null;
  #poll: Timer | null = null;
  /** One look at a time. */
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: PathWatchOptions) {
    this.#options = options;
    this.#directories = new DirectoryWatch(() => this.#planLook(), options.log);
    this.#look();
    this.#planPoll();
  }

  close(): void {
    this.#closed = true;
    this.#soon?.cancel();
    this.#poll?.cancel();
    this.#directories.close();
  }

  #planLook(): void {
    this.#soon?.cancel();
    if (!this.#closed) this.#soon = this.#options.clock.after(settle, () => this.#look());
  }

  #planPoll(): void {
    this.#poll = this.#options.clock.after(pollInterval, () => {
      this.#look();
      if (!this.#closed) this.#planPoll();
    });
  }

  #look(): void {
    this.#looking = this.#looking.then(() => this.#lookNow());
  }

  async #lookNow(): Promise<void> {
    let changed: string | null = null;
    const followed: string[] = [];
    for (const path of this.#options.paths) {
      const { mark, isDirectory } = await lookAt(path);
      // A watch on a path is one on the directory it stands in.
      followed.push(path, ...(isDirectory ? [join(path, '-')] : []));
      if (mark === null) continue;
      const before = this.#seen.get(path);
      this.#seen.set(path, mark);
      if (before !== undefined && before !== mark) changed = path;
    }
    if (this.#closed) return;
    await this.#directories.follow(followed);
    const list = followed.join('\n');
    // What changed between the look and the beginning of the watch has given no event.
    if (list !== this.#followed) this.#planLook();
    this.#followed = list;
    if (changed !== null && !this.#closed) this.#options.onChanged(changed);
  }
}

async function lookAt(path: string): Promise<{ readonly mark: string | null; readonly isDirectory: boolean }> {
  const entry = await stat(path).catch(() => null);
  if (entry === null) return { mark: null, isDirectory: false };
  if (!entry.isDirectory()) return { mark: markOf(entry), isDirectory: false };
  const entries: Dirent[] = await readdir(path, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((one) => !one.isDirectory()).map((one) => one.name);
  const marks = await Promise.all(
    names.sort().map(async (name) => {
      const file = await stat(join(path, name)).catch(() => null);
      return file === null ? '' : `${name}:${markOf(file)}`;
    }),
  );
  return { mark: marks.join(' '), isDirectory: true };
}

function markOf({ ino, size, mtimeMs }: Stats): string {
  return `${ino}-${size}-${mtimeMs}`;
}
