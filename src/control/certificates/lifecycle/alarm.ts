import type { FailureRecord, Generation, Progress } from './record.ts';
import type { CertificateRecord } from './state.ts';
import { stateOf } from './state.ts';

/** What the user's hook and webhook are told. */
export type CertificateEventKind = 'obtained' | 'renewed' | 'failing' | 'expiring' | 'not-served';

export interface CertificateEvent {
  readonly event: CertificateEventKind;
  readonly name: string;
  readonly names: readonly string[];
  /** When it was, wall-clock milliseconds. */
  readonly at: number;
  /** The certificate in use; null when there is none. */
  readonly generation: Generation | null;
  readonly error: FailureRecord | null;
  readonly attempts: number;
  readonly nextAttempt: number;
}

/** Daily attempts come a little earlier each time, so an alarm may too. */
const repeat = 20 * 3_600_000;
/** Attempts that may fail quietly: they are minutes apart. */
const quietAttempts = 3;
/** Below this share of life left a certificate in use is `expiring`. */
const expiringShare = 1 / 6;

function isExpiring(generation: Generation | null, now: number): boolean {
  if (generation === null) return false;
  return generation.notAfter - now < (generation.notAfter - generation.notBefore) * expiringShare;
}

/** Which alarms are to be given now: at once when they become true, then about daily. */
export function dueAlarms(record: CertificateRecord, now: number): readonly ('failing' | 'expiring')[] {
  const { progress, generation } = record;
  const alarms: ('failing' | 'expiring')[] = [];
  const quietUntil = (last: number): boolean => last > 0 && Math.abs(now - last) < repeat;
  const failing = progress.attempts >= quietAttempts || stateOf(record) === 'blocked';
  if (failing && !quietUntil(progress.alarmed.failing)) alarms.push('failing');
  if (progress.attempts > 0 && isExpiring(generation, now) && !quietUntil(progress.alarmed.expiring)) {
    alarms.push('expiring');
  }
  return alarms;
}

/** Remembers that alarms were given. */
export function alarmsGiven(progress: Progress, alarms: readonly ('failing' | 'expiring')[], now: number): Progress {
  const alarmed = { ...progress.alarmed };
  for (const alarm of alarms) alarmed[alarm] = now;
  return { ...progress, alarmed };
}

export function eventOf(event: CertificateEventKind, record: CertificateRecord, now: number): CertificateEvent {
  const { name, names, generation, progress } = record;
  const { lastError: error, attempts, nextAttempt } = progress;
  return { event, name, names, at: now, generation, error, attempts, nextAttempt };
}
