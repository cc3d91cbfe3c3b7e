import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { UserError } from '../../model/errors.ts';

/** Who a program runs as. */
export interface Account {
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** Home directory of the user. */
  readonly home: string;
}

export interface AccountRequest {
  /** null: the user of this process. */
  readonly user: string | null;
  /** null: the user's own. */
  readonly group: string | null;
  /** null: those the user is a member of. */
  readonly groups: readonly string[] | null;
}

/** The account of a user of this machine. Throws a UserError `unknown-user` or `unknown-group`. */
export function findAccount({ user, group, groups }: AccountRequest): Account {
  if (user === null && group === null) return ownAccount(groups);
  const wanted = user ?? String(process.geteuid?.() ?? 0);
  const [name = wanted, , uid, gid, , home = '/'] = entry('passwd', wanted) ?? [];
  if (uid === undefined || gid === undefined) {
    throw new UserError(`there is no user ${wanted}`, {
      code: 'unknown-user',
      cure: `Make it: \`useradd ${wanted}\`.`,
    });
  }
  const primary = group === null ? Number(gid) : groupId(group);
  return { user: name, uid: Number(uid), gid: primary, groups: supplementary(groups, name), home };
}

/** Who this process is, even if that is nobody that the system knows, as in a container. */
function ownAccount(groups: AccountRequest['groups']): Account {
  const uid = process.geteuid?.() ?? 0;
  const gid = process.getegid?.() ?? 0;
  const [user = String(uid), , , , , home = '/'] = entry('passwd', String(uid)) ?? [];
  return { user, uid, gid, groups: supplementary(groups, user), home };
}

function supplementary(groups: AccountRequest['groups'], user: string): number[] {
  return [...new Set(groups === null ? memberships(user) : groups.map(groupId))];
}

/** Whether this process would have to be root to start a program as `account`. */
export function isForeign(account: Account): boolean {
  return account.uid !== process.geteuid?.() || account.gid !== process.getegid?.();
}

function groupId(group: string): number {
  const id = entry('group', group)?.[2];
  if (id !== undefined) return Number(id);
  throw new UserError(`there is no group ${group}`, { code: 'unknown-group', cure: `Make it: \`groupadd ${group}\`.` });
}

/** The groups whose lists name the user; its own is not among them. */
function memberships(user: string): number[] {
  return table('group')
    .filter((fields) => fields[3]?.split(',').includes(user))
    .map((fields) => Number(fields[2]));
}

type Database = 'passwd' | 'group';

/** The fields of a user or group by name or number: from the file, else from wherever the system keeps more of them. */
function entry(database: Database, key: string): readonly string[] | null {
  const found =
    table(database).find((fields) => fields[0] === key) ??
    (/^\d+$/.test(key) ? table(database).find((fields) => fields[2] === key) : undefined);
  if (found !== undefined || !/^[\w.@-]+$/.test(key)) return found ?? null;
  try {
    const line = execFileSync('getent', [database, key], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return line.trim().split(':');
  } catch {
    return null;
  }
}

function table(database: Database): string[][] {
  try {
    return readFileSync(`/etc/${database}`, 'utf8')
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}
