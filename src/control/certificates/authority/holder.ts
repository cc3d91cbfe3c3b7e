import { join } from 'node:path';
import type { Clock } from '../../../model/clock.ts';
import { describeError, UserError } from '../../../model/errors.ts';
import { type Disk, replaceFile } from '../vault/disk.ts';
import { acquireLock } from '../vault/lock.ts';
import { type Hierarchy, type HierarchySources, loadHierarchy } from './hierarchy.ts';

/** Longest wait for another process that changes the same authority, milliseconds. */
const lockWait = 60_000;
/** Before this no clock can be right. */
const earliest = Date.UTC(2026, 0, 1);

/** For so long what was read is believed, milliseconds; a rollover by another process is noticed after it. */
const freshFor = 60_000;

/** The error for a clock that cannot be right. */
export function clockIsWrong(now: number): UserError {
  return new UserError(`The clock of this machine says ${new Date(now).toISOString()}, which cannot be right`, {
    code: 'clock-wrong',
    cure: 'Set the clock (for example with systemd-timesyncd or chrony), then try again.',
  });
}

/** Keeps the hierarchy up to date for one process, and lets one process at a time change it. */
export class HierarchyHolder {
  readonly #directory: string;
  readonly #sources: HierarchySources;
  readonly #clock: Clock;
  readonly #disk: Disk;
  #queue: Promise<unknown> = Promise.resolve();
  #read: { readonly at: number; readonly hierarchy: Hierarchy } | null = null;

  constructor(directory: string, sources: HierarchySources, clock: Clock, disk: Disk) {
    this.#directory = directory;
    this.#sources = sources;
    this.#clock = clock;
    this.#disk = disk;
  }

  get rootPath(): string {
    return join(this.#directory, 'root.pem');
  }

  /** Runs one change at a time, in this process and among all that use the directory. */
  async locked<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(async () => {
      const path = join(this.#directory, 'lock');
      const lock = await acquireLock({ path, purpose: 'in-house CA', disk: this.#disk, wait: lockWait });
      try {
        return await change();
      } finally {
        await lock.release();
      }
    });
    this.#queue = turn.catch(() => undefined);
    return await turn;
  }

  /** The hierarchy to work with now. What is due is made; when that fails, what is stored still serves and the log says so. */
  async current(): Promise<Hierarchy> {
    const now = this.#clock.now();
    if (this.#read && now >= this.#read.at && now < this.#read.at + freshFor) return this.#read.hierarchy;
    const hierarchy = await this.#bringUpToDate(now);
    this.#read = { at: now, hierarchy };
    return hierarchy;
  }

  async #bringUpToDate(now: number): Promise<Hierarchy> {
    const current = await loadHierarchy(this.#sources, now, 'current');
    if (current !== null) return await this.#publish(current);
    try {
      return await this.locked(() => this.#mint());
    } catch (error) {
      const stored = await loadHierarchy(this.#sources, now, 'stored');
      if (stored === null) throw error;
      this.#sources.log.error('The in-house CA cannot be brought up to date', { problem: describeError(error) });
      return stored;
    }
  }

  async #mint(): Promise<Hierarchy> {
    const now = this.#clock.now();
    if (now < earliest) throw clockIsWrong(now);
    const rootIsKnown = (await this.#sources.roots.names()).includes('root');
    if (!rootIsKnown && (await this.#disk.read(this.rootPath)) !== null) throw this.#rootIsMissing();
    const made = await loadHierarchy(this.#sources, now, 'mint');
    if (made === null) throw new Error('a hierarchy is always made when it may be');
    return await this.#publish(made);
  }

  /** Keeps `root.pem`, the file that people copy, equal to the root in use. */
  async #publish(hierarchy: Hierarchy): Promise<Hierarchy> {
    try {
      if ((await this.#disk.read(this.rootPath)) !== hierarchy.root) {
        await replaceFile(this.#disk, this.rootPath, hierarchy.root, 0o644);
      }
    } catch (error) {
      this.#sources.log.warn('Cannot write root.pem', { path: this.rootPath, problem: describeError(error) });
    }
    return hierarchy;
  }

  #rootIsMissing(): UserError {
    return new UserError(
      `${this.rootPath} is there, but not the key of that root, and no device would trust a new one`,
      {
        code: 'authority-root-missing',
        cure: `Restore ${join(this.#directory, 'roots')} from a backup; or remove ${this.#directory} to start with a new root, which every device must then install.`,
      },
    );
  }
}
