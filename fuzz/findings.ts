import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

const folder = join(import.meta.dirname, 'findings');

/** Saves an input that broke something; returns the file, relative to the working directory. */
export function saveFinding(target: string, input: Buffer): string {
  mkdirSync(folder, { recursive: true });
  const file = join(
    folder,
    `${basename(target, '.ts')}.${createHash('sha256').update(input).digest('hex').slice(0, 12)}`,
  );
  writeFileSync(file, input);
  return relative(process.cwd(), file);
}

/** The target that a file of {@link saveFinding} is for. */
export function targetOfFinding(file: string): string {
  return basename(file).split('.', 1)[0] ?? '';
}
