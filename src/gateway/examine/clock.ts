import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Finding, good } from '../../control/certificates/doctor/finding.ts';
import type { Settings } from '../../model/settings.ts';

/** How far in the future a file may be dated; milliseconds. */
const tolerance = 5 * 60_000;
/** Longest wait for the system's word; milliseconds. */
const patience = 2_000;

interface Dated {
  readonly what: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/**
 * Whether the clock can be right: nothing that was written on this machine may be dated in the future. Unless `offline`, systemd is
 * asked whether a time service keeps it. (CAs' clocks are compared by the doctor.)
 */
export async function examineClock(settings: Settings, offline: boolean): Promise<Finding[]> {
  const now = Date.now();
  const time = new Date(now).toISOString();
  const subject = 'clock';
  const dated = [settings.file, settings.state].map(fileTime);
  const known = (await Promise.all([...dated, rootTime(settings.state)])).filter((one) => one !== null);
  const newest = known.sort((a, b) => b.time - a.time)[0];
  if (newest !== undefined && newest.time > now + tolerance) {
    const cause = "this machine's clock is behind";
    const evidence = `it says ${time}, but ${newest.what} is from ${new Date(newest.time).toISOString()}`;
    return [{ level: 'error', code: 'clock', subject, cause, evidence, cure: 'set the clock, best by NTP' }];
  }
  if (!offline && (await isKept()) === false) {
    const cause = 'no time service keeps the clock; certificates and their checks depend on it';
    const cure = '`timedatectl set-ntp true`, after `apt install systemd-timesyncd` if there is no time service';
    return [{ level: 'warning', code: 'clock-unkept', subject, cause, evidence: `it says ${time}`, cure }];
  }
  return [good('clock', subject, 'nothing speaks against it', time)];
}

async function fileTime(path: string | null): Promise<Dated | null> {
  const info = path === null ? null : await stat(path).catch(() => null);
  return path === null || info === null ? null : { what: path, time: info.mtimeMs };
}

/** When the in-house CA's root begins. */
async function rootTime(state: string): Promise<Dated | null> {
  const path = join(state, 'authority/root.pem');
  try {
    return { what: path, time: new X509Certificate(await readFile(path)).validFromDate.getTime() };
  } catch {
    return null;
  }
}

/** Whether a time service has set the clock, as the kernel knows it; null where systemd is not there to tell. */
async function isKept(): Promise<boolean | null> {
  try {
    const args = ['show', '--property=NTPSynchronized', '--value'];
    const { stdout } = await promisify(execFile)('timedatectl', args, { timeout: patience });
    return { yes: true, no: false }[stdout.trim()] ?? null;
  } catch {
    return null;
  }
}
