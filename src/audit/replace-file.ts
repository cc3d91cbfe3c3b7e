import { chmod, chown, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemErrorCode, UserError } from '../model/errors.ts';

/**
 * Replaces a file's text, `before`, by another: whoever reads it sees the one or the other whole. Owner and mode stay; a symbolic link stays one.
 * Rejects when the file says something else than `before` by now.
 */
export async function replaceFile(file: string, before: string, after: string): Promise<void> {
  const path = await realpath(file);
  const unfinished = join(dirname(path), `.${basename(path)}.sallyport-new`);
  const handle = await open(unfinished, 'wx', 0o600).catch((error: unknown) => {
    const cure = 'Run it as a user who may write in its directory; or remove the file, left by a run that was cut off.';
    throw new UserError(`cannot write ${unfinished}: ${systemErrorCode(error)}`, { code: 'not-written', cure });
  });
  try {
    const { uid, gid, mode } = await stat(path);
    if ((await readFile(path, 'utf8')) !== before) {
      throw new UserError('somebody else has changed it meanwhile', {
        code: 'changed-meanwhile',
        cure: 'Run it again.',
      });
    }
    await handle.writeFile(after);
    const own = await handle.stat();
    if (own.uid !== uid || own.gid !== gid) await chown(unfinished, uid, gid);
    await chmod(unfinished, mode & 0o7777);
    await handle.sync();
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}
