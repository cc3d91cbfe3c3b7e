import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { makeDirectories, replaceFile, systemDisk } from '../control/certificates/vault/disk.ts';

/** The secret in the file `path`, 0600; a new one is made where there is none. Rejects when it can neither be read nor written. */
export async function keptSecret(path: string): Promise<string> {
  const kept = (await systemDisk.read(path))?.trim() ?? '';
  if (kept.length >= 32) return kept;
  const secret = randomBytes(32).toString('base64url');
  await makeDirectories(systemDisk, dirname(path));
  await replaceFile(systemDisk, path, `${secret}\n`);
  return secret;
}
