import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describeError, UserError } from '../../model/errors.ts';
import type { Settings } from '../../model/settings.ts';
import { serviceUnit, socketUnit, type UnitOptions } from './unit.ts';

/** A file of the service: where it belongs and what it says. */
export interface ServiceFile {
  readonly path: string;
  readonly text: string;
}

/** The user that is made if there is none of this name. */
export const serviceUser = 'sallyport';

const unitDirectory = '/etc/systemd/system';
const servicePath = join(unitDirectory, 'sallyport.service');
const socketPath = join(unitDirectory, 'sallyport.socket');
const usersPath = '/etc/sysusers.d/sallyport.conf';

const firstLine = '# Written by `sallyport service install`; `sallyport service uninstall` removes it.\n';

/** The files of a service for this configuration. */
export function serviceFiles(settings: Settings, options: UnitOptions): readonly ServiceFile[] {
  const files = [{ path: servicePath, text: firstLine + serviceUnit(settings, options) }];
  if (options.socketActivation) files.push({ path: socketPath, text: firstLine + socketUnit(settings) });
  if (options.user === serviceUser) {
    files.push({ path: usersPath, text: `${firstLine}u ${serviceUser} - "Sallyport gateway" /var/lib/sallyport\n` });
  }
  return files;
}

/**
 * Writes the files below `root` (`/` for this machine) and removes those of an earlier installation that are not among them. Rejects to
 * touch a unit that somebody else wrote with a UserError `foreign-unit`.
 */
export function writeServiceFiles(files: readonly ServiceFile[], root: string): void {
  for (const { path } of files) refuseForeign(join(root, path));
  removeServiceFiles(root);
  try {
    for (const { path, text } of files) {
      const place = join(root, path);
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(`${place}.new`, text, { mode: 0o644 });
      renameSync(`${place}.new`, place);
    }
  } catch (error) {
    throw unwritable(error);
  }
}

/** Removes what {@link writeServiceFiles} wrote and gives the paths of it; what somebody else wrote stays. */
export function removeServiceFiles(root: string): readonly string[] {
  const ours = [servicePath, socketPath, usersPath].filter((path) => isOurs(join(root, path)));
  try {
    for (const path of ours) rmSync(join(root, path));
  } catch (error) {
    throw unwritable(error);
  }
  return ours;
}

function isOurs(place: string): boolean {
  try {
    return readFileSync(place, 'utf8').startsWith(firstLine);
  } catch {
    return false;
  }
}

function refuseForeign(place: string): void {
  if (!existsSync(place) || isOurs(place)) return;
  throw new UserError(`${place} is there already, and was not written by \`sallyport service install\``, {
    code: 'foreign-unit',
    cure: 'Keep it and change it by `systemctl edit sallyport`, or remove it first.',
  });
}

function unwritable(error: unknown): UserError {
  return new UserError(`the files of the service cannot be written; ${describeError(error)}`, {
    code: 'service-unwritable',
    cure: 'Run this as root, or see the files with --print.',
    cause: error,
  });
}
