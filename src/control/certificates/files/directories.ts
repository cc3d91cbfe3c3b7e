import { type FSWatcher, watch } from 'node:fs';
import { readlink, stat } from 'node:fs/promises';
import { join, parse, resolve, sep } from 'node:path';
import { describeError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';

const segments = (path: string): string[] => path.slice(parse(path).root.length).split(sep);

/** Every directory whose entries decide which file `path` is: its own, and those of the symbolic links on the way. */
async function decidingDirectories(path: string): Promise<Set<string>> {
  const found = new Set<string>();
  const start = resolve(path);
  let at = parse(start).root;
  let rest = segments(start);
  // The system gives up after 40 links itself.
  for (let steps = 0; rest.length > 0 && steps < 1000; steps++) {
    const next = join(at, rest.shift() ?? '');
    const target = await readlink(next).catch(() => null);
    if (target !== null || rest.length === 0) found.add(at);
    if (target === null) {
      at = next;
      continue;
    }
    const real = resolve(at, target);
    at = parse(real).root;
    rest = [...segments(real), ...rest];
  }
  return found;
}

async function inodeOf(directory: string): Promise<number | null> {
  const entry = await stat(directory).catch(() => null);
  return entry?.isDirectory() ? entry.ino : null;
}

/** Tells of every change in the directories that decide over some files. A watch on a file itself would end at the first rename. */
export class DirectoryWatch {
  readonly #onEvent: () => void;
  readonly #log: Log;
  /** A directory that was replaced by another one of the same name needs a new watcher. */
  readonly #watchers = new Map<string, { readonly inode: number; readonly watcher: FSWatcher }>();
  #closed = false;

  constructor(onEvent: () => void, log: Log) {
    this.#onEvent = onEvent;
    this.#log = log;
  }

  /** Watches exactly what decides over `paths` now. */
  async follow(paths: readonly string[]): Promise<void> {
    const wanted = new Set<string>();
    for (const path of paths) {
      for (const directory of await decidingDirectories(path)) wanted.add(directory);
    }
    for (const [directory, { inode, watcher }] of this.#watchers) {
      if (wanted.has(directory) && (await inodeOf(directory)) === inode) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const directory of wanted) await this.#watch(directory);
  }

  close(): void {
    this.#closed = true;
    for (const { watcher } of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  async #watch(directory: string): Promise<void> {
    if (this.#watchers.has(directory)) return;
    const inode = await inodeOf(directory);
    if (inode === null || this.#closed) return;
    try {
      const watcher = watch(directory, { persistent: false }, this.#onEvent);
      watcher.on('error', this.#onEvent);
      this.#watchers.set(directory, { inode, watcher });
    } catch (error) {
      // Out of inotify watches, most likely. Whoever follows files looks at them from time to time anyway.
      this.#log.warn('Cannot watch a directory for changes', { directory, problem: describeError(error) });
    }
  }
}
