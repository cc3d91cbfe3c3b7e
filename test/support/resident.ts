import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

async function residentBytes(pid: number): Promise<number> {
  const [, kilobytes] = /^VmRSS:\s*(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** By how many bytes a process had grown at most until `over` resolved. */
export async function growthDuring(pid: number, over: Promise<unknown>): Promise<number> {
  const before = await residentBytes(pid);
  let most = before;
  let going = true;
  void over.finally(() => {
    going = false;
  });
  while (going) {
    most = Math.max(most, await residentBytes(pid));
    await delay(50);
  }
  return most - before;
}
