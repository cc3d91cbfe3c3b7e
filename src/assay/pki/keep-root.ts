import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validityOf } from '../../control/certificates/x509/chain.ts';
import { systemErrorCode, UserError } from '../../model/errors.ts';
import { makeRoot, type Root } from './pki.ts';

/** The lab's root on disk. */
export interface KeptRoot {
  readonly root: Root;
  /** Path of the certificate, for clients to trust. */
  readonly path: string;
  /** Removes what was made for this experiment alone. */
  remove(): Promise<void>;
}

/** A root for one experiment: the certificate in a directory of its own (0700), the key in memory only. */
export async function temporaryRoot(now: number): Promise<KeptRoot> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-assay-'));
  const root = await makeRoot(now);
  const path = join(directory, 'root.pem');
  await writeFile(path, root.certificate, { mode: 0o600 });
  return { root, path, remove: () => rm(directory, { recursive: true, force: true }) };
}

/**
 * The root of an earlier experiment, or a new one, in a directory (0700) that stays: for devices that take trouble to set up. Throws a
 * UserError when the stored one cannot be used any more.
 */
export async function keptRoot(directory: string, now: number): Promise<KeptRoot> {
  const [path, keyPath] = [join(directory, 'root.pem'), join(directory, 'root.key')];
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const remove = async (): Promise<void> => {};
  const stored = await readRoot(path, keyPath);
  if (stored !== null) {
    if (validityOf(stored.certificate).notAfter > now) return { root: stored, path, remove };
    throw new UserError(`The root in ${directory} has ended`, {
      code: 'assay-root-ended',
      cure: 'Take it off every device, remove the directory, and start again.',
      exitCode: 2,
    });
  }
  const root = await makeRoot(now);
  await writeFile(keyPath, root.key, { mode: 0o600 });
  await writeFile(path, root.certificate, { mode: 0o600 });
  return { root, path, remove };
}

async function readRoot(path: string, keyPath: string): Promise<Root | null> {
  try {
    const [certificate, key] = await Promise.all([readFile(path, 'utf8'), readFile(keyPath, 'utf8')]);
    return { certificate, key };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
