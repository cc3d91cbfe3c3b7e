import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Processor time of one process: by thread in nanoseconds, and whole, in coarse clock ticks, with ended threads included. */
interface ProcessTime {
  readonly threads: ReadonlyMap<string, number>;
  readonly ticks: number;
  /** Of the ticks, those that the kernel worked for it. */
  readonly kernelTicks: number;
}

/** Processor time of a process and all its descendants, at one moment. */
export type TreeTime = ReadonlyMap<number, ProcessTime>;

/** USER_HZ: the unit of /proc/PID/stat on every Linux that Node runs on. */
const tickNanoseconds = 10_000_000;

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null; // Processes and threads may end between listing and reading.
  }
}

/** Fields of /proc/PID/stat behind the program's name, which may hold blanks; index 0 is the state. */
function statFields(pid: number): string[] | null {
  const text = read(`/proc/${pid}/stat`);
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** The process and its descendants. */
function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const parent = Number(statFields(pid)?.[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

export function treeTime(root: number): TreeTime {
  const times = new Map<number, ProcessTime>();
  for (const pid of treeOf(root)) {
    const fields = statFields(pid);
    if (!fields) continue;
    const threads = new Map<string, number>();
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const nanoseconds = read(`/proc/${pid}/task/${thread}/schedstat`)?.split(' ')[0];
      if (nanoseconds !== undefined) threads.set(thread, Number(nanoseconds));
    }
    const kernelTicks = Number(fields[12]);
    times.set(pid, { threads, ticks: Number(fields[11]) + kernelTicks, kernelTicks });
  }
  return times;
}

/**
 * Nanoseconds of processor time, user and system, that a tree used between two moments. Throws when one of its processes
 * ended meanwhile: its time would be missing.
 */
export function timeBetween(before: TreeTime, after: TreeTime): number {
  let total = 0;
  for (const pid of before.keys()) {
    if (!after.has(pid)) throw new Error(`process ${pid} of the measured tree ended during the round`);
  }
  for (const [pid, end] of after) {
    const start = before.get(pid);
    let fine = 0;
    for (const [thread, nanoseconds] of end.threads) fine += nanoseconds - (start?.threads.get(thread) ?? 0);
    // Ticks are coarse, but threads that ended are only in them.
    const coarse = (end.ticks - (start?.ticks ?? 0) - 2) * tickNanoseconds;
    total += Math.max(fine, coarse);
  }
  return total;
}

/** The kernel's part of what a tree used between two moments, 0 to 1: system calls, and on loopback what they do for the other side. */
export function kernelShare(before: TreeTime, after: TreeTime): number {
  let ticks = 0;
  let kernelTicks = 0;
  for (const [pid, end] of after) {
    const start = before.get(pid);
    ticks += end.ticks - (start?.ticks ?? 0);
    kernelTicks += end.kernelTicks - (start?.kernelTicks ?? 0);
  }
  return ticks === 0 ? 0 : kernelTicks / ticks;
}

function statusBytes(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(read(`/proc/${pid}/status`) ?? '');
  return Number(match?.[1] ?? 0) * 1024;
}

/** Resident memory of the tree now, in bytes; pages that its processes share count once for each. */
export function residentBytes(root: number): number {
  return treeOf(root).reduce((sum, pid) => sum + statusBytes(pid, 'VmRSS'), 0);
}

/** The sum of every process's peak since {@link resetPeak}, in bytes. */
export function peakBytes(root: number): number {
  return treeOf(root).reduce((sum, pid) => sum + statusBytes(pid, 'VmHWM'), 0);
}

/** Begins a new peak. Where the system forbids it (another user's process) peaks count from the start of the process. */
export function resetPeak(root: number): void {
  for (const pid of treeOf(root)) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
    } catch {
      // See above.
    }
  }
}
