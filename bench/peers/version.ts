import { findPart, type Part } from '../../test/support/parts.ts';
import { runProcess } from '../../test/support/process.ts';

/** The first match of `pattern` in what a program prints about itself; null when it is not installed. */
export async function versionOf(part: Part, args: readonly string[], pattern: RegExp): Promise<string | null> {
  const path = findPart(part);
  if (path === null) return null;
  const { stdout, stderr } = await runProcess(path, args);
  return pattern.exec(stdout + stderr)?.[1] ?? '?';
}
