import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';

/** Who runs the program, as far as default paths depend on it. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly isRoot: boolean;
}

/** As the process began: one that becomes another user keeps its places. */
const isRoot = process.geteuid?.() === 0;

/** The surroundings of this process. */
export function processSurroundings(): Surroundings {
  return { environment: process.env, home: homedir(), isRoot };
}

/** Where root keeps its state if told nothing else. */
export const systemState = '/var/lib/sallyport';

/**
 * The state directory where none is configured: `/var/lib/sallyport` as root, else `sallyport` in `$XDG_STATE_HOME`
 * (ignored when relative, as the XDG specification asks) or `~/.local/state`.
 */
export function defaultState({ environment, home, isRoot }: Surroundings): string {
  if (isRoot) return systemState;
  const base = environment.XDG_STATE_HOME;
  return join(base !== undefined && isAbsolute(base) ? base : join(home, '.local/state'), 'sallyport');
}

/** The directory that relative paths in a configuration file start from. */
export function directoryOf(file: string): string {
  return dirname(resolve(file));
}
