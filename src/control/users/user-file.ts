import { readFileSync, statSync } from 'node:fs';
import { chmod, chown, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describeError, systemErrorCode, UserError } from '../../model/errors.ts';
import { type FileFault, parseHtpasswd, type UserFileText, withoutUser, withUser } from '../../passwords/htpasswd.ts';

/** An htpasswd file that could be read whole. */
export interface ReadUserFile extends UserFileText {
  readonly file: string;
  /** Every user of the machine may read it. */
  readonly worldReadable: boolean;
}

/** Reads a file of users. Throws a UserError (or an AggregateError of several, each with its place) for what is wrong with it. */
export async function readUserFile(file: string): Promise<ReadUserFile> {
  const [bytes, { mode }] = await Promise.all([readFile(file), stat(file)]).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  const read = parseHtpasswd(bytes);
  if (read.faults.length > 0) throw invalid(file, read.faults);
  return { ...read, file, worldReadable: (mode & 0o004) !== 0 };
}

/** Gives a user this hash, adding the user where there is none; makes the file (0600) if need be. Resolves with what was done. */
export async function putUser(file: string, name: string, hash: string): Promise<'added' | 'changed'> {
  const wasThere = await edit(file, (text) => withUser(text, name, hash), name);
  return wasThere ? 'changed' : 'added';
}

/** Takes a user out. Rejects with a UserError `unknown-user` when there is none of that name. */
export async function removeUser(file: string, name: string): Promise<void> {
  await readUserFile(file);
  await edit(file, (text) => requireUser(withoutUser(text, name), file, name), name);
}

function requireUser(text: string | null, file: string, name: string): string {
  if (text !== null) return text;
  throw new UserError(`there is no user ${name} in ${file}`, {
    code: 'unknown-user',
    cure: `See who there is: sallyport user list ${file}.`,
  });
}

/**
 * Replaces the file by what `change` makes of its text; whoever reads it sees the old content or the new. Owner, group and mode stay. The
 * new file, which must not exist before, keeps others from editing at the same time.
 */
async function edit(file: string, change: (text: string) => string, name: string): Promise<boolean> {
  const path = await realpath(file).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return file;
    throw unreadable(file, error);
  });
  const unfinished = join(dirname(path), `.${basename(path)}.sallyport-new`);
  const handle = await open(unfinished, 'wx', 0o600).catch((error: unknown) => {
    throw notWritable(file, unfinished, error);
  });
  try {
    const before = systemErrorCode(await stat(path).catch((error: unknown) => error)) === 'ENOENT' ? null : path;
    const bytes = before === null ? Buffer.alloc(0) : await readFile(before);
    const { users, faults } = parseHtpasswd(bytes);
    if (faults.length > 0) throw invalid(file, faults);
    await handle.writeFile(change(bytes.toString('utf8')));
    if (before !== null) await keepRights(before, unfinished);
    await handle.sync();
    await rename(unfinished, path);
    return users.has(name);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error instanceof UserError || error instanceof AggregateError ? error : notWritable(file, unfinished, error);
  } finally {
    await handle.close();
  }
}

async function keepRights(from: string, to: string): Promise<void> {
  const { uid, gid, mode } = await stat(from);
  const own = await stat(to);
  if (own.uid !== uid || own.gid !== gid) await chown(to, uid, gid);
  await chmod(to, mode & 0o777);
}

function invalid(file: string, faults: readonly FileFault[]): AggregateError {
  const errors = faults.map(
    ({ line, column, what, wanted, cure }) =>
      new UserError(wanted === undefined ? what : `${what}; wanted ${wanted}`, {
        code: 'invalid-users',
        at: { file, line, column },
        ...(cure !== undefined && { cure }),
      }),
  );
  return new AggregateError(errors, `${file} cannot be used: line ${faults[0]?.line}: ${faults[0]?.what}`);
}

function unreadable(file: string, error: unknown): UserError {
  const code = systemErrorCode(error);
  const why: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
  };
  const cure =
    code === 'ENOENT'
      ? `Make it with a first user: sallyport user add ${file} NAME.`
      : 'Let the user that runs Sallyport read it.';
  return new UserError(`cannot read ${file}; ${why[code] ?? describeError(error)}`, { code: 'users-unreadable', cure });
}

function notWritable(file: string, unfinished: string, error: unknown): UserError {
  if (systemErrorCode(error) === 'EEXIST') {
    return new UserError(`somebody else is changing ${file} just now`, {
      code: 'users-busy',
      cure: `Try again. If nobody is, an earlier change was cut off: remove ${unfinished}.`,
    });
  }
  const why = systemErrorCode(error) || describeError(error);
  return new UserError(`cannot write ${file}; ${why}`, {
    code: 'users-not-written',
    cure: 'Run it as a user who may write in its directory.',
  });
}

/** What looking at a file of users found, with its faults, or the reason why it cannot be read. */
type Inspection = { readonly text: UserFileText; readonly worldReadable: boolean } | { readonly error: UserError };

/** Looks at a file of users at once, for a check of the configuration. */
export function inspectUserFile(file: string): Inspection {
  try {
    return { text: parseHtpasswd(readFileSync(file)), worldReadable: (statSync(file).mode & 0o004) !== 0 };
  } catch (error) {
    return { error: unreadable(file, error) };
  }
}
