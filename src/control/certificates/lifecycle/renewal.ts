import { coversExactly, type Generation, type Progress, type RenewalWindow } from './record.ts';

const day = 86_400_000;

/** Lifetimes up to this are renewed at half, longer ones at two thirds. */
const shortLife = 10 * day;
const spread = 0.02;
/** From this share of life left, nothing but renewal counts, whatever the CA suggests. */
const emergencyShare = 1 / 20;

export type RenewalReason = 'suggested' | 'age' | 'emergency' | 'names';

export interface RenewalTime {
  readonly at: number;
  readonly reason: RenewalReason;
}

/**
 * A number in [-1, 1) that is always the same for one certificate, so that a restart does not draw again (FNV-1a; it
 * need not be unforeseeable).
 */
function ownDraw(generation: Generation): number {
  const text = `${generation.names[0]} ${generation.notBefore} ${generation.renewalId}`;
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 31 - 1;
}

/** Renewal by age alone: two thirds of life (half when it is ten days or less), give or take 2 %. */
export function ageRenewal(generation: Generation): number {
  const life = generation.notAfter - generation.notBefore;
  const share = life <= shortLife ? 1 / 2 : 2 / 3;
  return generation.notBefore + life * (share + spread * ownDraw(generation));
}

/** Failed polls in a row, about a day of them, that make a suggested window doubtful. */
const doubtfulPolls = 8;

/** When a certificate is to be replaced, and why then. */
export function renewalTime(generation: Generation, names: readonly string[], progress: Progress): RenewalTime {
  if (!coversExactly(generation, names)) return { at: 0, reason: 'names' };
  const emergency = generation.notAfter - (generation.notAfter - generation.notBefore) * emergencyShare;
  const { window, failures } = progress.polling;
  const suggested = window?.selected ?? Number.POSITIVE_INFINITY;
  const byAge = window === null || failures >= doubtfulPolls ? ageRenewal(generation) : Number.POSITIVE_INFINITY;
  if (suggested <= byAge && suggested <= emergency) return { at: suggested, reason: 'suggested' };
  return byAge <= emergency ? { at: byAge, reason: 'age' } : { at: emergency, reason: 'emergency' };
}

/**
 * The moment within a suggested window (RFC 9773 section 4.2), drawn evenly. The earlier draw stays as long as the
 * window does. `random` gives numbers in [0, 1).
 */
export function drawWindow(
  info: { readonly start: number; readonly end: number; readonly explanation: string },
  previous: RenewalWindow | null,
  random: () => number,
): RenewalWindow {
  if (previous && previous.start === info.start && previous.end === info.end) return previous;
  const { start, end, explanation } = info;
  return { start, end, explanation, selected: Math.floor(start + random() * (end - start)) };
}

/** When to ask for the window again after an answer: as told, but at least daily; twice a day and more when not told. */
export function nextPoll(now: number, retryAt: number | undefined): number {
  const wait = retryAt === undefined ? day / 4 : retryAt - now;
  return now + Math.min(Math.max(wait, 60_000), day);
}

/** When to ask again after `failures` polls in a row without an answer. */
export function nextPollAfterFailure(now: number, failures: number): number {
  return now + Math.min(60_000 * 4 ** Math.min(failures - 1, 8), day / 4);
}
