import { globSync } from 'node:fs';
import { join } from 'node:path';

/** `src`, absolute. */
export const source = join(import.meta.dirname, '../src');

/** The files below `src` that the program reads when it runs, by their paths there; data of tests stays out. */
export function programFiles(): string[] {
  return globSync('**/*.*', { cwd: source, exclude: ['**/*.ts', '**/*.corpus.json', '**/bad-files.txt'] }).sort();
}
