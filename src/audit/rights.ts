import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Rights of every user of the machine. */
export const everybody = Object.freeze({ read: 0o004, write: 0o002, pass: 0o001 });

/** Whether every user may pass through to what is in `directory`. */
export async function everybodyPasses(directory: string): Promise<boolean> {
  const { mode } = await stat(directory);
  if ((mode & everybody.pass) === 0) return false;
  const parent = dirname(directory);
  return parent === directory || everybodyPasses(parent);
}

/** As `chmod` takes it: `0644`. */
export function printMode(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
