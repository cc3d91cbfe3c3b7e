import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemErrorCode, UserError } from '../../../model/errors.ts';

/**
 * The steps that stored state is made of. Each either happens wholly or leaves what a power cut would leave,
 * so a test can stop after any one of them.
 */
export interface Disk {
  /** Makes one directory, 0700. False when it is there already. */
  makeDirectory(path: string): Promise<boolean>;
  /** Creates a file that must not exist and forces its bytes to the disk. */
  createFile(path: string, content: string, mode: number): Promise<void>;
  /** Forces a directory's entries to the disk. */
  syncDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Hard link; rejects with EEXIST when `to` exists. The one atomic "create with this content". */
  link(from: string, to: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  /** Removes a file or a tree; absent is fine. */
  remove(path: string): Promise<void>;
  /** The content, or null when there is no such file. */
  read(path: string): Promise<string | null>;
  /** Names in a directory, or null when there is none. */
  list(path: string): Promise<string[] | null>;
  /** Where a symbolic link points, or null when there is none. */
  readLink(path: string): Promise<string | null>;
}

async function orNull<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error))) return null;
    throw error;
  }
}

async function syncOpened(path: string, flags: string, mode?: number, content?: string): Promise<void> {
  const handle = await open(path, flags, mode);
  try {
    if (content !== undefined) await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The machine's file system. */
export const systemDisk: Disk = {
  async makeDirectory(path) {
    try {
      await mkdir(path, { mode: 0o700 });
      return true;
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') return false;
      throw error;
    }
  },
  createFile: (path, content, mode) => syncOpened(path, 'wx', mode, content),
  async syncDirectory(path) {
    try {
      await syncOpened(path, 'r');
    } catch (error) {
      // Some network file systems cannot; they order renames themselves.
      if (!['EINVAL', 'ENOTSUP'].includes(systemErrorCode(error))) throw error;
    }
  },
  rename,
  link,
  symlink,
  remove: (path) => rm(path, { recursive: true, force: true }),
  read: (path) => orNull(readFile(path, 'utf8')),
  list: (path) => orNull(readdir(path)),
  readLink: (path) => orNull(readlink(path)),
};

/** A name beside `name` that nobody else uses; the leading dot marks it as unfinished. */
export function unfinishedName(name: string): string {
  return `.${name}.${randomBytes(6).toString('hex')}.new`;
}

/** Whether a directory entry is what an interrupted write left behind. */
export function isUnfinished(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.new');
}

/** Makes a directory and its missing parents, each 0700 and on the disk before the next. */
export async function makeDirectories(disk: Disk, path: string): Promise<void> {
  const parent = dirname(path);
  if (parent !== path && (await disk.list(path)) === null) await makeDirectories(disk, parent);
  else return;
  if (await disk.makeDirectory(path)) await disk.syncDirectory(parent);
}

/** Replaces a file in one step: whoever reads it sees the old content or the new, also after a power cut. */
export async function replaceFile(disk: Disk, path: string, content: string, mode = 0o600): Promise<void> {
  const directory = dirname(path);
  const unfinished = join(directory, unfinishedName('file'));
  try {
    await disk.createFile(unfinished, content, mode);
    await disk.rename(unfinished, path);
  } catch (error) {
    await disk.remove(unfinished).catch(() => undefined);
    throw error;
  }
  await disk.syncDirectory(directory);
}

const causes: Record<string, readonly [string, string]> = {
  ENOSPC: ['the disk is full', 'Free some space on that file system.'],
  EDQUOT: ['the disk quota is used up', 'Free some space or raise the quota.'],
  EROFS: ['the file system is read-only', 'Mount it writable, or set `state` to a directory that is.'],
  EACCES: ['permission denied', 'Give the user that runs Sallyport this directory, or set `state` to another one.'],
  EPERM: ['permission denied', 'Give the user that runs Sallyport this directory, or set `state` to another one.'],
  ENOTDIR: ['a part of the path is a file', 'Set `state` to a directory.'],
};

/** What a failed write means for the user. Errors that are for users already pass through. */
export function storageError(error: unknown, path: string): unknown {
  const known = causes[systemErrorCode(error)];
  if (known === undefined || error instanceof UserError) return error;
  return new UserError(`Cannot store anything in ${path}: ${known[0]}`, {
    code: 'state-not-writable',
    cure: known[1],
    cause: error,
  });
}

/**
 * Proves that state can be kept in `directory`: writes, syncs, reads back and removes a probe.
 * Throws a UserError `state-not-writable` that names the cause. Ask before anything that cannot be repeated.
 */
export async function assertWritable(disk: Disk, directory: string): Promise<void> {
  const probe = join(directory, unfinishedName('probe'));
  try {
    await makeDirectories(disk, directory);
    // As large as a chain with its key, so that a nearly full disk is noticed.
    const content = 'x'.repeat(16 * 1024);
    await disk.createFile(probe, content, 0o600);
    await disk.syncDirectory(directory);
    if ((await disk.read(probe)) !== content) throw new Error(`${directory} gives back other bytes than were written`);
  } catch (error) {
    throw storageError(error, directory);
  } finally {
    await disk.remove(probe).catch(() => undefined);
  }
}
