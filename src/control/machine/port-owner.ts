import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { comparableAddress } from '../../model/host.ts';
import { type Listener, readListeners } from './listeners.ts';

/** Who listens on a TCP port of this machine, as far as this user may know. */
export type PortOwner =
  | {
      readonly kind: 'process';
      readonly pid: number;
      /** Its program, with the script where that says more: `nginx`, `node server.js`. Arguments are left out. */
      readonly name: string;
      /** The systemd unit it belongs to, e.g. `nginx.service`. */
      readonly unit: string | null;
    }
  | {
      /** A process of another user, whose name and pid only root may see. */
      readonly kind: 'hidden';
      readonly user: string;
    };

/**
 * Finds the process that listens on `port` of `host` ('' for every address), from Linux's `/proc`. Null when nobody does, when it runs in another
 * container, or on a system without `/proc`. Never rejects.
 */
export async function findPortOwner(port: number, host = ''): Promise<PortOwner | null> {
  try {
    const listeners = await listenersOn(port, host);
    if (listeners.length === 0) return null;
    const pid = await findHolder(new Set(listeners.map(({ inode }) => `socket:[${inode}]`)));
    if (pid !== null) {
      return { kind: 'process', pid, name: await readName(pid), unit: await readUnit(pid) };
    }
    const uid = listeners[0]?.uid ?? 0;
    // Root sees every process of its own namespace: this one is elsewhere.
    if (process.getuid?.() === 0 || process.getuid?.() === uid) return null;
    return { kind: 'hidden', user: await readUserName(uid) };
  } catch {
    return null;
  }
}

/** The listening sockets that keep others off a port. */
async function listenersOn(port: number, host: string): Promise<Listener[]> {
  return (await readListeners()).filter((one) => one.port === port && covers(one.address, host));
}

/** One form for each address, so that two can be compared. */
function plainAddress(host: string): string {
  return comparableAddress(host) ?? host;
}

const everyAddress: readonly string[] = ['', '0.0.0.0', '::'];

function covers(local: string, host: string): boolean {
  return everyAddress.includes(local) || everyAddress.includes(host) || local === plainAddress(host);
}

/** The lowest pid that has one of these sockets open: of a server and its workers, the server. */
async function findHolder(sockets: ReadonlySet<string>): Promise<number | null> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isSafeInteger);
  for (const pid of pids.sort((a, b) => a - b)) {
    const directory = `/proc/${pid}/fd`;
    for (const fd of await readdir(directory).catch(() => [])) {
      if (sockets.has(await readlink(`${directory}/${fd}`).catch(() => ''))) return pid;
    }
  }
  return null;
}

/** Programs that are better known by the script they run. */
const interpreter = /^(node|python[\d.]*|ruby[\d.]*|perl|php[\d.]*|bun|deno|sh|bash|dash)$/;

async function readName(pid: number): Promise<string> {
  const program = basename(await readlink(`/proc/${pid}/exe`).catch(() => '')).replace(/ \(deleted\)$/, '');
  if (!program) return (await readOr(`/proc/${pid}/comm`, 'a process')).trim();
  if (!interpreter.test(program)) return program;
  return interpreterName(program, (await readOr(`/proc/${pid}/cmdline`, '')).split('\0').slice(1));
}

/** After an option may stand its value, and a value may be a secret: only a script or module that comes first is told. */
function interpreterName(program: string, [first = '', second = '']: readonly string[]): string {
  if (/(^|\/)(src\/cli\/main\.ts|sallyport)$/.test(first)) return 'Sallyport';
  if (first === '-m' && program.startsWith('python')) return `${program} -m ${printable(second)}`;
  return first === '' || first.startsWith('-') ? program : `${program} ${printable(first)}`;
}

async function readUnit(pid: number): Promise<string | null> {
  const groups = await readOr(`/proc/${pid}/cgroup`, '');
  return /\/system\.slice\/(?:[^\n]*\/)?([\w@.:\\-]+\.service)/.exec(groups)?.[1] ?? null;
}

async function readUserName(uid: number): Promise<string> {
  for (const line of (await readOr('/etc/passwd', '')).split('\n')) {
    const [name, , id] = line.split(':');
    if (name && id === String(uid)) return name;
  }
  return `uid ${uid}`;
}

function readOr(file: string, otherwise: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => otherwise);
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 120);
}
