import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemErrorCode, UserError } from '../../../model/errors.ts';
import { type Disk, makeDirectories, storageError, unfinishedName } from './disk.ts';
import { describeOwner, isGone, type Owner, parseOwner, thisProcess } from './owner.ts';

/** A held lock. */
export interface Lock {
  /** Gives it back; the process's end does so too. */
  release(): Promise<void>;
  /** Gives it to another process in one step, so that it is never free; the inverse when given this one's own {@link owner}. */
  handOver(owner: Owner): Promise<void>;
  readonly owner: Owner;
}

export interface LockOptions {
  /** The lock file. Its directory is made when missing. */
  readonly path: string;
  /** What the owner is doing, told to whoever finds the lock held. */
  readonly purpose: string;
  readonly disk: Disk;
  /** Milliseconds to wait for another owner; 0 (the default) asks once. */
  readonly wait?: number;
}

type Found =
  | { readonly state: 'free'; readonly claim: string }
  | { readonly state: 'held'; readonly path: string; readonly owner: Owner }
  | { readonly state: 'unreadable'; readonly path: string };

/**
 * Who holds the lock. The file names its owner; when that one is gone, the file `<lock>.after-<its id>` names the heir, and so on.
 * An heir is made by a hard link, so there is exactly one of each dead owner, however many processes find it dead at once.
 */
async function follow(disk: Disk, path: string): Promise<Found> {
  let claim = path;
  for (;;) {
    const text = await disk.read(claim);
    if (text === null) return { state: 'free', claim };
    const owner = parseOwner(text);
    if (owner === null) return { state: 'unreadable', path: claim };
    if (!(await isGone(owner))) return { state: 'held', path: claim, owner };
    claim = `${path}.after-${owner.id}`;
  }
}

/** Tries once. Null means that somebody else was quicker: look again. */
async function tryAcquire({ path, disk }: LockOptions, owner: Owner): Promise<Found | null> {
  const found = await follow(disk, path);
  if (found.state !== 'free') return found;
  const unfinished = join(dirname(path), unfinishedName('lock'));
  await disk.createFile(unfinished, `${JSON.stringify(owner)}\n`, 0o600);
  try {
    await disk.link(unfinished, found.claim);
    if (found.claim === path) return { state: 'held', path, owner };
    // An heir that won earlier may have moved the lock on and tidied up since we looked: then our link leads nowhere.
    const now = await follow(disk, path);
    if (now.state !== 'held' || now.owner.id !== owner.id) {
      await disk.remove(found.claim);
      return null;
    }
    await disk.rename(unfinished, path);
    await disk.remove(found.claim);
    return { state: 'held', path, owner };
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return null;
    throw error;
  } finally {
    await disk.remove(unfinished).catch(() => undefined);
  }
}

/**
 * Takes a lock that outlives neither its process nor the machine's start, and that no clock can take away:
 * it is free when its owner's process is gone, and only then. Throws a UserError `locked` that names the owner.
 */
export async function acquireLock(options: LockOptions): Promise<Lock> {
  const { path, purpose, disk, wait = 0 } = options;
  const owner = await thisProcess(purpose);
  const deadline = performance.now() + wait;
  try {
    await makeDirectories(disk, dirname(path));
    for (;;) {
      const found = await tryAcquire(options, owner);
      if (found === null) continue;
      if (found.state === 'held' && found.owner.id === owner.id) {
        return heldLock(disk, path, owner);
      }
      if (found.state === 'unreadable') {
        throw new UserError(`The lock file ${found.path} cannot be read as one`, {
          code: 'locked',
          cure: 'If no other Sallyport uses this directory, remove the file.',
        });
      }
      if (performance.now() >= deadline && found.state === 'held') throw held(path, found.owner);
      await pause(20);
    }
  } catch (error) {
    throw storageError(error, dirname(path));
  }
}

/** The lock at `path` that its holder has given to this process as `owner`. */
export function inheritedLock({ path, disk }: Pick<LockOptions, 'path' | 'disk'>, owner: Owner): Lock {
  return heldLock(disk, path, owner);
}

function heldLock(disk: Disk, path: string, owner: Owner): Lock {
  return {
    owner,
    release: () => release(disk, path, owner),
    async handOver(next) {
      const unfinished = join(dirname(path), unfinishedName('lock'));
      await disk.createFile(unfinished, `${JSON.stringify(next)}\n`, 0o600);
      await disk.rename(unfinished, path);
    },
  };
}

async function release(disk: Disk, path: string, owner: Owner): Promise<void> {
  const text = await disk.read(path);
  // Removed by hand and taken by somebody else: no longer ours to remove.
  if (text !== null && parseOwner(text)?.id === owner.id) await disk.remove(path);
}

function held(path: string, owner: Owner): UserError {
  return new UserError(`${dirname(path)} is in use by ${describeOwner(owner)}`, {
    code: 'locked',
    cure: `Stop it first, or choose another state directory. If it runs on another machine and is gone for good, remove ${path}.`,
  });
}
