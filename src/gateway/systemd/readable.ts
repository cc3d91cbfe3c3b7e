import { execFile } from 'node:child_process';
import { type Account, findAccount } from '../../control/apps/account.ts';

/**
 * The first of `paths` that a service of `user` could not read: because it may not, or because it is in a temporary directory, which services have
 * for themselves. Null when it can read them all, and when that cannot be found out: only root can try. Rejects with a UserError when there is no such user.
 */
export async function findUnreadable(user: string, paths: readonly string[]): Promise<string | null> {
  const temporary = paths.find((path) => /^\/(?:var\/)?tmp\//.test(path));
  if (temporary !== undefined) return temporary;
  if (process.geteuid?.() !== 0) return null;
  const account = findAccount({ user, group: null, groups: null });
  for (const path of paths) if (!(await canRead(account, path))) return path;
  return null;
}

function canRead({ uid, gid, groups }: Account, path: string): Promise<boolean> {
  const others = groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups';
  const asUser = [`--reuid=${uid}`, `--regid=${gid}`, others, 'test', '-r', path];
  return new Promise((resolve) => {
    execFile('setpriv', asUser, (error) => resolve(error?.code !== 1));
  });
}
