import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Target } from '../../model/site.ts';

const interval = 50;
/** Where the system does not tell who is connected, requests get this long; milliseconds. */
const blindWait = 1_000;

/** Resolves when no connection to `target` is open any more, or after `longest` milliseconds. Never rejects. */
export async function untilQuiet(target: Target, longest: number): Promise<void> {
  const deadline = performance.now() + longest;
  while (performance.now() < deadline) {
    const open = await openConnections(target);
    if (open === 0) return;
    await delay(open === null ? Math.min(blindWait, longest) : interval);
    if (open === null) return;
  }
}

/** Connections that are open there, from Linux's /proc; null where there is none. */
async function openConnections(target: Target): Promise<number | null> {
  try {
    if (target.kind === 'unix') return countUnix(await readFile('/proc/net/unix', 'utf8'), target.path);
    return countTcp(await readFile('/proc/net/tcp', 'utf8'), target.port);
  } catch {
    return null;
  }
}

/** Flags of a listening socket: columns as in unix(7) of proc. */
const listening = '00010000';

function countUnix(table: string, path: string): number {
  const ours = table.split('\n').filter((line) => line.endsWith(` ${path}`));
  return ours.filter((line) => line.trim().split(/\s+/)[3] !== listening).length;
}

const established = '01';

/** By the gate's end of them: the app's is an IPv6 one where the app listens on every address. Columns as in proc(5). */
function countTcp(table: string, port: number): number {
  const place = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').filter((line) => {
    const [, , remote, state] = line.trim().split(/\s+/);
    return remote === place && state === established;
  }).length;
}
