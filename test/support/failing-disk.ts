import { type Disk, systemDisk } from '../../src/control/certificates/vault/disk.ts';

/** What stands for the power cut. */
export class PowerCut extends Error {}

/** A disk that works for `steps` changes; the next one is cut short, and nothing works after it. */
export interface FailingDisk extends Disk {
  /** Whether the cut has come. */
  readonly isCut: boolean;
}

export function cutAfter(steps: number): FailingDisk {
  let left = steps;
  let isCut = false;
  const step = async <T>(change: () => Promise<T>, torn?: () => Promise<unknown>): Promise<T> => {
    if (isCut) throw new PowerCut();
    if (left-- > 0) return await change();
    isCut = true;
    await torn?.();
    throw new PowerCut();
  };
  const look = async <T>(read: () => Promise<T>): Promise<T> => {
    if (isCut) throw new PowerCut();
    return await read();
  };
  return {
    get isCut() {
      return isCut;
    },
    makeDirectory: (path) => step(() => systemDisk.makeDirectory(path)),
    createFile: (path, content, mode) =>
      step(
        () => systemDisk.createFile(path, content, mode),
        () => systemDisk.createFile(path, content.slice(0, content.length / 2), mode),
      ),
    syncDirectory: (path) => step(() => systemDisk.syncDirectory(path)),
    rename: (from, to) => step(() => systemDisk.rename(from, to)),
    link: (from, to) => step(() => systemDisk.link(from, to)),
    symlink: (target, path) => step(() => systemDisk.symlink(target, path)),
    remove: (path) => step(() => systemDisk.remove(path)),
    read: (path) => look(() => systemDisk.read(path)),
    list: (path) => look(() => systemDisk.list(path)),
    readLink: (path) => look(() => systemDisk.readLink(path)),
  };
}

/** A disk on which every change fails with `code`, as a full (ENOSPC) or read-only (EROFS) one does. */
export function refusing(code: string): Disk {
  const refuse = async (): Promise<never> => {
    throw Object.assign(new Error(`${code}: refused`), { code });
  };
  return {
    ...systemDisk,
    makeDirectory: refuse,
    createFile: refuse,
    syncDirectory: refuse,
    rename: refuse,
    link: refuse,
    symlink: refuse,
    remove: refuse,
  };
}
