import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { getAsset, isSea } from 'node:sea';

/** Flags of V8 that bound memory; the only ones that a copy of the program takes along. */
const memoryFlag = /^--(?:(?:max|min|initial)-[\w-]+|stack-size)=/;

/**
 * How to start this program once more, as a worker or its own successor: the command and its first arguments; what follows them is what
 * follows `sallyport` on a command line. From the checkout, the package and the single executable alike, and also when the program
 * is a library in somebody else's process. The single executable has no other entry than the command line's (`src/cli/main.ts`), so
 * whatever is to be started must be found from there, by an argument or a variable.
 *
 *     const [command, ...first] = programCommand();
 *     spawn(command, [...first, 'run', '-c', file], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
 */
export function programCommand(): readonly [string, ...string[]] {
  if (isSea()) return [process.execPath];
  const entry = join(import.meta.dirname, `../cli/main${extname(import.meta.filename)}`);
  return [process.execPath, ...process.execArgv.filter((flag) => memoryFlag.test(flag)), entry];
}

/**
 * The text of a file that is part of the program, by its path below `src`, such as `demo/page.html`: from the checkout, the package or the
 * single executable. What stands below `src` and is no TypeScript is carried along by itself.
 */
export function readProgramFile(path: string): string {
  return isSea() ? getAsset(path, 'utf8') : readFileSync(join(import.meta.dirname, '..', path), 'utf8');
}
