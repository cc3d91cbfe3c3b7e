import {
  chownSync,
  closeSync,
  constants,
  fchownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Account, findAccount } from '../control/apps/account.ts';
import { describeError, systemErrorCode, UserError } from '../model/errors.ts';
import type { Log } from '../model/log.ts';
import type { LogSettings, Settings } from '../model/settings.ts';

/**
 * Whom a gateway with these settings becomes when its ports are bound; null when it stays who it is: nobody is named, it is that user
 * already, or it is not root (which is logged). Throws a UserError `unknown-user` or `unknown-group`.
 */
export function accountToBecome({ user, group }: Pick<Settings, 'user' | 'group'>, log: Log): Account | null {
  if (user === null) return null;
  const account = findAccount({ user, group, groups: null });
  if (account.uid === process.geteuid?.()) return null;
  if (process.geteuid?.() === 0) return account;
  log.warn('only root can become another user; this process stays who it is', { user });
  return null;
}

/** Whether a gateway that root starts has to stay root, for apps that run as others than its own user: then its workers alone become that. */
export function staysRoot({ user, group, apps }: Pick<Settings, 'user' | 'group' | 'apps'>): boolean {
  if (user === null || process.geteuid?.() !== 0) return false;
  return apps.some((app) => (app.user !== null && app.user !== user) || (app.group !== null && app.group !== group));
}

/** The apps with whom each runs as: those that say nothing as the gateway's user, also where the gateway itself stays root. */
export function appsWithUsers({ user, group, apps }: Pick<Settings, 'user' | 'group' | 'apps'>): Settings['apps'] {
  if (user === null || process.geteuid?.() !== 0) return apps;
  return apps.map((app) => (app.user === null ? { ...app, user, group: app.group ?? group } : app));
}

/** The way from root to an account, taken while a gateway starts. */
interface Privileges {
  begin(settings: Pick<Settings, 'state' | 'control' | 'logs'>): void;
  /** One step with all rights, such as binding a port. */
  asRoot<T>(step: () => Promise<T>): Promise<T>;
  finish(): void;
}

/** This process stays root and keeps its state; the log files are for its workers. */
export class RootPrivileges implements Privileges {
  readonly #account: Account;

  constructor(account: Account) {
    this.#account = account;
  }

  begin({ logs }: Pick<Settings, 'logs'>): void {
    giveLogs(logs, this.#account);
  }

  asRoot<T>(step: () => Promise<T>): Promise<T> {
    return step();
  }

  finish(): void {}
}

/**
 * The way of a process from root to `account`:
 *
 *     root ──beginAs──▶ acting as the account ──finish──▶ the account, for good
 *                            └─asRoot─▶ root, for one step ─┘
 *
 * What it makes meanwhile belongs to the account.
 */
export class PrivilegeDrop implements Privileges {
  readonly #account: Account;

  constructor(account: Account) {
    this.#account = account;
  }

  /**
   * Gives the account the state directory, the control socket and the log files, and acts as it from now on. Throws a UserError when one of
   * them cannot be given, or when the account cannot read the program.
   */
  begin({ state, control, logs }: Pick<Settings, 'state' | 'control' | 'logs'>): void {
    giveState(state, this.#account);
    giveSocket(control, this.#account);
    giveLogs(logs, this.#account);
    process.setgroups?.([...this.#account.groups]);
    process.setegid?.(this.#account.gid);
    process.seteuid?.(this.#account.uid);
    checkReadable(process.execPath, this.#account);
  }

  async asRoot<T>(step: () => Promise<T>): Promise<T> {
    process.seteuid?.(0);
    try {
      return await step();
    } finally {
      process.seteuid?.(this.#account.uid);
    }
  }

  /** There is no way back: user, group, supplementary groups and capabilities are the account's. */
  finish(): void {
    process.seteuid?.(0);
    process.setgid?.(this.#account.gid);
    process.setuid?.(this.#account.uid);
  }
}

/**
 * A directory of root's that nobody else may look into is given with all that is in it: nobody can exchange anything in it meanwhile. One
 * that is the account's already is left as it is.
 */
function giveState(state: string, account: Account): void {
  mkdirSync(dirname(state), { recursive: true });
  try {
    mkdirSync(state, { mode: 0o700 });
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw cannotGive(state, account, error);
  }
  const { uid, mode } = lstatSync(state);
  if (uid === account.uid) return;
  if (uid !== 0 || (mode & 0o077) !== 0) {
    throw new UserError(`the state directory ${state} is not ${account.user}'s, and not root's alone either`, {
      code: 'state-foreign',
      cure: `If it is Sallyport's: \`chown -R ${account.user}: ${state} && chmod 700 ${state}\`.`,
    });
  }
  giveTree(state, account);
}

function giveTree(path: string, account: Account): void {
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) giveTree(join(path, name), account);
  lchownSync(path, account.uid, account.gid);
}

function giveSocket(path: string, { uid, gid }: Account): void {
  try {
    if (lstatSync(path).isSocket()) chownSync(path, uid, gid);
  } catch {
    // A gateway in somebody else's program has no control socket.
  }
}

/** Files, not their directories: what rotates them makes the next. */
function giveLogs({ access, errors }: LogSettings, account: Account): void {
  for (const path of new Set([access, errors])) {
    if (!path.startsWith('/')) continue;
    try {
      const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
      const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o640);
      try {
        fchownSync(file, account.uid, account.gid);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw cannotGive(path, account, error);
    }
  }
}

/** Workers are this program once more, started by the account. */
function checkReadable(program: string, { user }: Account): void {
  try {
    closeSync(openSync(program, 'r'));
  } catch (error) {
    throw new UserError(`the user ${user} cannot read this program, ${program}; ${describeError(error)}`, {
      code: 'program-unreadable',
      cure: 'Install it where everybody can read it: the single executable in /usr/local/bin, or the Debian package.',
      cause: error,
    });
  }
}

function cannotGive(path: string, { user }: Account, error: unknown): UserError {
  return new UserError(`${path} cannot be given to the user ${user}; ${describeError(error)}`, {
    code: 'not-given',
    cause: error,
  });
}
