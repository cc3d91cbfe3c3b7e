import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { systemErrorCode } from '../../../model/errors.ts';

const ownerSchema = z.strictObject({
  /** Unique to one taking of one lock. */
  id: z.string(),
  pid: z.number().int().positive(),
  /** Clock ticks from the machine's start to the process's; null where the system does not tell. */
  startTicks: z.string().nullable(),
  /** Differs after each start of the machine; null where the system does not tell. */
  boot: z.string().nullable(),
  host: z.string(),
  purpose: z.string(),
  since: z.iso.datetime(),
});

/** Who holds a lock. A process is told from a later one with the same number by its start, so no clock is believed. */
export type Owner = z.infer<typeof ownerSchema>;

/** The start of a process in ticks since boot (field 22 of /proc/PID/stat); null when unknown or when there is no such process. */
async function startTicks(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The second field is the program's name in parentheses and may contain anything.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

async function bootId(): Promise<string | null> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => null))?.trim() ?? null;
}

/** This process as an owner. */
export async function thisProcess(purpose: string): Promise<Owner> {
  return {
    id: randomUUID(),
    pid: process.pid,
    startTicks: await startTicks(process.pid),
    boot: await bootId(),
    host: hostname(),
    purpose,
    since: new Date().toISOString(),
  };
}

/** Reads the text of a lock file; null when it is not one. */
export function parseOwner(text: string): Owner | null {
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Whether the owner's process is certainly gone. Of another machine nothing is certain. */
export async function isGone(owner: Owner): Promise<boolean> {
  if (owner.host !== hostname()) return false;
  const boot = await bootId();
  if (boot !== null && owner.boot !== null && boot !== owner.boot) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (systemErrorCode(error) === 'ESRCH') return true;
  }
  const ticks = await startTicks(owner.pid);
  return ticks !== null && owner.startTicks !== null && ticks !== owner.startTicks;
}

/** The owner in words. */
export function describeOwner(owner: Owner): string {
  const where = owner.host === hostname() ? '' : ` on ${owner.host}`;
  return `process ${owner.pid}${where} (${owner.purpose}, since ${owner.since})`;
}
