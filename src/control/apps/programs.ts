import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

const systemPlaces = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/**
 * The absolute path of a program: in `first`, then where the system keeps programs and in PATH. PATH comes before the system's places unless this
 * is root, whose PATH may lead to places that the user an app runs as cannot read. null when there is none.
 */
export function findProgram(name: string, first: readonly string[] = []): string | null {
  if (isAbsolute(name)) return isProgram(name) ? name : null;
  const path = (process.env.PATH ?? '').split(delimiter).filter(isAbsolute);
  const rest = process.geteuid?.() === 0 ? [...systemPlaces, ...path] : [...path, ...systemPlaces];
  return [...first, ...rest].map((place) => join(place, name)).find(isProgram) ?? null;
}

/** The path of a program in one place; null when it is not there. */
export function programIn(place: string, name: string): string | null {
  const path = join(place, name);
  return isProgram(path) ? path : null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
