import { readFileSync } from 'node:fs';

/** Files a process keeps open besides connections: listeners, logs, state, the runtime's own. */
const fewestReserved = 64;
const mostReserved = 1024;

/** How many client connections a limit on open files leaves room for, each with a connection of its own to an app. */
export function connectionsFor(openFiles: number): number {
  const reserved = Math.min(mostReserved, Math.max(fewestReserved, Math.floor(openFiles / 10)));
  return Math.max(1, Math.floor((openFiles - reserved) / 2));
}

/** The limit on open files of this process; 1024, the usual one, where the system does not tell. */
export function openFilesLimit(): number {
  try {
    return parseOpenFiles(readFileSync('/proc/self/limits', 'utf8')) ?? 1024;
  } catch {
    return 1024;
  }
}

/** The soft limit in the text of `/proc/self/limits`; `unlimited` counts as 2^20, the most Linux allows by default. */
export function parseOpenFiles(limits: string): number | null {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits)?.[1];
  if (soft === undefined) return null;
  return soft === 'unlimited' ? 2 ** 20 : Number(soft);
}
