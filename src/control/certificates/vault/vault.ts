import { join } from 'node:path';
import type { Clock } from '../../../model/clock.ts';
import { describeError, systemErrorCode, UserError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import type { CertificatePair } from '../../../model/site.ts';
import { keyMatches, readChain, readKey } from '../x509/chain.ts';
import { assertWritable, type Disk, isUnfinished, makeDirectories, storageError, unfinishedName } from './disk.ts';
import { type CertificateMeta, decodeName, encodeName, readMeta, type StoredCertificate, writeMeta } from './entry.ts';

export interface VaultOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly disk: Disk;
  /** Earlier generations kept of each certificate; 2 by default. */
  readonly keep?: number;
  /** Whether the generation before a damaged one may take its place; true by default. */
  readonly fallback?: boolean;
}

/**
 * Certificates on disk, one directory each, one generation per certificate that was ever stored:
 *
 *     <directory>/<name>/00000002/{chain.pem,key.pem,meta.json}
 *     <directory>/<name>/current -> 00000002
 *
 * A generation is stored by one rename of its finished directory: before it the old one counts, after it the new one,
 * whatever happens in between. `current` is for people and other programs; a swap that was interrupted is finished by the next read.
 * Writers hold a lock of their own choice (see lock.ts); readers need none.
 */
export interface Vault {
  /** Names of everything stored, sorted. */
  names(): Promise<readonly string[]>;
  /**
   * The newest sound generation, or null when there never was one. A damaged generation is set aside (renamed to `damaged-…`),
   * named in the error log, and the one before it counts (see `fallback`). Throws a UserError `certificate-damaged` when none may.
   */
  read(name: string): Promise<StoredCertificate | null>;
  /** Stores a new generation. Throws when key and chain do not belong together or the disk refuses; the old one then still counts. */
  write(name: string, pair: CertificatePair, meta: CertificateMeta): Promise<StoredCertificate>;
  /** Forgets a certificate and its key. */
  remove(name: string): Promise<void>;
  /** Throws a UserError `state-not-writable` when nothing could be stored now. */
  assertWritable(): Promise<void>;
}

const generationName = /^\d{8}$/;

/** The number of a generation that was set aside; 0 for any other entry. */
const damagedGeneration = (entry: string): number => Number(/^damaged-(\d{8})-/.exec(entry)?.[1] ?? 0);

const formatGeneration = (generation: number): string => String(generation).padStart(8, '0');

export function openVault({ directory, clock, log, disk, keep = 2, fallback = true }: VaultOptions): Vault {
  const home = (name: string): string => join(directory, encodeName(name));

  /** Lets `current` follow. Nothing of ours depends on it, so a failure is only told, and the next read repairs what a power cut undid. */
  async function point(name: string, generation: number): Promise<void> {
    const target = formatGeneration(generation);
    try {
      if ((await disk.readLink(join(home(name), 'current'))) === target) return;
      const unfinished = join(home(name), unfinishedName('current'));
      await disk.symlink(target, unfinished);
      await disk.rename(unfinished, join(home(name), 'current'));
    } catch (error) {
      log.warn('Cannot set the link to the current certificate', { certificate: name, problem: describeError(error) });
    }
  }

  /** One generation, the reason why it is unsound, or null when it has just been removed. */
  async function load(name: string, entry: string): Promise<StoredCertificate | string | null> {
    const path = join(home(name), entry);
    const [chain, key, meta] = await Promise.all(
      ['chain.pem', 'key.pem', 'meta.json'].map((file) => disk.read(join(path, file))),
    );
    if (chain === undefined || chain === null) return (await disk.list(path)) ? 'chain.pem is missing' : null;
    if (key === undefined || key === null) return 'key.pem is missing';
    if (meta === undefined || meta === null) return 'meta.json is missing';
    const pair = { chain, key };
    const read = readMeta(meta, pair);
    if ('damage' in read) return read.damage;
    return { name, generation: Number(entry), directory: path, pair, ...read };
  }

  async function setAside(name: string, entry: string, reason: string): Promise<void> {
    const stamp = new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '');
    const aside = join(home(name), `damaged-${entry}-${stamp}`);
    try {
      await disk.rename(join(home(name), entry), aside);
      await disk.syncDirectory(home(name));
      log.error('A stored certificate is damaged; it was set aside', { certificate: name, reason, kept: aside });
    } catch (error) {
      const path = join(home(name), entry);
      log.error('A stored certificate is damaged', { certificate: name, reason, path, problem: describeError(error) });
    }
  }

  async function read(name: string): Promise<StoredCertificate | null> {
    const entries = (await disk.list(home(name))) ?? [];
    let damaged = Math.max(0, ...entries.map(damagedGeneration));
    for (const entry of entries.filter((each) => generationName.test(each)).sort((a, b) => (a < b ? 1 : -1))) {
      const loaded = await load(name, entry);
      if (loaded === null) continue;
      if (typeof loaded === 'string') {
        damaged = Math.max(damaged, Number(entry));
        await setAside(name, entry, loaded);
        continue;
      }
      if (!fallback && damaged > loaded.generation) break;
      await point(name, loaded.generation);
      return loaded;
    }
    if (damaged === 0) return null;
    throw new UserError(`The stored certificate ${name} is damaged: ${home(name)}`, {
      code: 'certificate-damaged',
      cure: 'Restore that directory from a backup, or remove it to start anew.',
    });
  }

  async function nextGeneration(name: string): Promise<number> {
    const taken = ((await disk.list(home(name))) ?? []).map((entry) => {
      if (generationName.test(entry)) return Number(entry);
      return damagedGeneration(entry);
    });
    return Math.max(0, ...taken) + 1;
  }

  /** Puts a finished directory under the next free number; that rename is the moment the generation exists. */
  async function commit(name: string, unfinished: string): Promise<number> {
    for (;;) {
      const generation = await nextGeneration(name);
      try {
        await disk.rename(unfinished, join(home(name), formatGeneration(generation)));
        await disk.syncDirectory(home(name));
        return generation;
      } catch (error) {
        if (!['ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error))) throw error;
      }
    }
  }

  /** Removes what interrupted writes left and generations beyond `keep`. A failure is no harm: the next write tries again. */
  async function sweep(name: string, newest: number): Promise<void> {
    for (const entry of (await disk.list(home(name))) ?? []) {
      const path = join(home(name), entry);
      if (isUnfinished(entry)) await disk.remove(path);
      if (!generationName.test(entry) || Number(entry) >= newest - keep) continue;
      const leaving = join(home(name), unfinishedName('old'));
      await disk.rename(path, leaving);
      await disk.remove(leaving);
    }
  }

  /** All at once: forcing them to the disk one by one would take three times as long. */
  async function createFiles(path: string, contents: Readonly<Record<string, string>>): Promise<void> {
    const writes = Object.entries(contents).map(([file, content]) => disk.createFile(join(path, file), content, 0o600));
    // None may still be under way when a failure is tidied up after.
    const failed = (await Promise.allSettled(writes)).find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async function write(name: string, pair: CertificatePair, meta: CertificateMeta): Promise<StoredCertificate> {
    const leaf = readChain(pair.chain)[0];
    if (!leaf || !keyMatches(leaf, readKey(pair.key))) {
      throw new Error(`refusing to store ${name}: the key does not belong to the first certificate of the chain`);
    }
    const now = clock.now();
    const unfinished = join(home(name), unfinishedName('generation'));
    try {
      await makeDirectories(disk, home(name));
      await disk.makeDirectory(unfinished);
      await createFiles(unfinished, {
        'key.pem': pair.key,
        'chain.pem': pair.chain,
        'meta.json': writeMeta(pair, meta, now),
      });
      await disk.syncDirectory(unfinished);
      const generation = await commit(name, unfinished);
      await point(name, generation);
      await sweep(name, generation).catch((error: unknown) => {
        log.warn('Cannot remove old generations', { certificate: name, problem: describeError(error) });
      });
      const path = join(home(name), formatGeneration(generation));
      return { name, generation, directory: path, pair, meta, storedAt: now };
    } catch (error) {
      await disk.remove(unfinished).catch(() => undefined);
      throw storageError(error, directory);
    }
  }

  return {
    async names() {
      const entries = (await disk.list(directory)) ?? [];
      return entries.flatMap((entry) => (isUnfinished(entry) ? [] : (decodeName(entry) ?? []))).sort();
    },
    read,
    write,
    async remove(name) {
      const leaving = join(directory, unfinishedName('removed'));
      await disk.rename(home(name), leaving);
      await disk.syncDirectory(directory);
      await disk.remove(leaving);
    },
    assertWritable: () => assertWritable(disk, directory),
  };
}
