import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { settingsFromObject } from '../../control/config/read-settings.ts';
import { describeError, systemErrorCode, UserError } from '../../model/errors.ts';
import type { Parts, ReadSettings } from '../parts.ts';
import type { Choices, UserChoice } from './choices.ts';
import { configOf, renderConfig } from './compose.ts';

/** The text of a configuration file at `file` for these choices. */
export function textOf(choices: Choices, file: string): string {
  const users = choices.user?.file ?? '';
  const near = relative(dirname(file), users);
  return renderConfig(choices, near.startsWith('..') ? users : near);
}

/** Whether anything is at this path. */
export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => systemErrorCode(error) !== 'ENOENT',
  );
}

/**
 * Adds the user, then writes the file (0644) in one step, after `sallyport` itself has read it. Rejects with what is wrong
 * otherwise, and the file that was there before, if any, stays.
 */
export async function writeConfig(parts: Parts, file: string, choices: Choices): Promise<ReadSettings> {
  // What can be wrong is found before anything is made; the file of users is not there yet.
  const sites = choices.sites.map((site) => ({ ...site, guarded: false }));
  settingsFromObject(configOf({ ...choices, sites }, ''), dirname(file));
  await mkdir(dirname(file), { recursive: true }).catch((error: unknown) => refuse(file, error));
  if (choices.user !== null) await addUser(choices.user);
  // A dot in front: nothing takes it for a configuration meanwhile.
  const unfinished = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.new`);
  try {
    await writeWhole(unfinished, textOf(choices, file)).catch((error: unknown) => refuse(file, error));
    await parts.readSettings(unfinished);
    await rename(unfinished, file).catch((error: unknown) => refuse(file, error));
    // Again, for what is doubtful is told with the file's name.
    return await parts.readSettings(file);
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** As `user add` does it. */
async function addUser({ file, name, password }: UserChoice): Promise<void> {
  const { putUser } = await import('../../control/users/user-file.ts');
  const { makeHash } = await import('../../passwords/make-hash.ts');
  await mkdir(dirname(file), { recursive: true });
  await putUser(file, name, makeHash(password, 'bcrypt'));
}

function refuse(file: string, error: unknown): never {
  throw new UserError(`cannot write ${file}; ${systemErrorCode(error) || describeError(error)}`, {
    code: 'not-written',
    cure: 'Name another place with --out, or run it as a user who may write there.',
    cause: error,
  });
}
