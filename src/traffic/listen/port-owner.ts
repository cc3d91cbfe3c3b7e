import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * The process that listens on a TCP port, e.g. `nginx (process 812)`; '' when it cannot be found: not on Linux,
 * or it belongs to another user and this one is not root.
 */
export function portOwner(port: number): string {
  const sockets = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningSockets(table, port)));
  if (sockets.size === 0) return '';
  for (const process of listing('/proc')) {
    if (!/^\d+$/.test(process)) continue;
    const descriptors = listing(`/proc/${process}/fd`);
    if (!descriptors.some((descriptor) => sockets.has(linkOf(`/proc/${process}/fd/${descriptor}`)))) continue;
    const name = textOf(`/proc/${process}/comm`).replace(/[^\x20-\x7e]/g, '');
    return `${name} (process ${process})`;
  }
  return '';
}

/** `socket:[inode]` of each socket in state LISTEN (0A) on `port`; columns as in proc(5). */
function listeningSockets(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = textOf(table).split('\n').slice(1);
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, local, , state]) => state === '0A' && local?.endsWith(suffix))
    .map((columns) => `socket:[${columns[9]}]`);
}

function listing(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
