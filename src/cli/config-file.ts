import { accessSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../model/errors.ts';
import type { Terminal } from './terminal.ts';

const standardFiles = ['sallyport.yaml', '/etc/sallyport/sallyport.yaml'];

/** What `-c` is called in every verb's help. */
export const configOption = [
  '-c, --config <file>',
  'configuration (default: ./sallyport.yaml, then /etc/sallyport/sallyport.yaml)',
] as const;

/** What `--control` is called in every verb's help. */
export const controlOption = ['--control <socket>', "control socket, instead of the configuration's"] as const;

/** The absolute path of the configuration meant: the one named, else the first standard one; null when there is none. */
export function findConfigFile(terminal: Terminal, named: string | undefined): string | null {
  if (named !== undefined) return resolve(terminal.directory, named);
  for (const file of standardFiles) {
    const path = resolve(terminal.directory, file);
    if (exists(path)) return path;
  }
  return null;
}

/** As {@link findConfigFile}; no file at all is a UserError. */
export function requireConfigFile(terminal: Terminal, named: string | undefined): string {
  const file = findConfigFile(terminal, named);
  if (file) return file;
  throw new UserError('no configuration found; there is neither ./sallyport.yaml nor /etc/sallyport/sallyport.yaml', {
    code: 'no-config',
    cure: 'name one with -c FILE, or serve without a file: `sallyport up HOST... TARGET`',
    exitCode: 2,
  });
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch (error) {
    // A file that is there but may not be read is the one meant: reading it says so.
    return error instanceof Error && 'code' in error && error.code === 'EACCES';
  }
}
