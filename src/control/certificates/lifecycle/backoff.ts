const minute = 60_000;
const day = 24 * 60 * minute;

/** Waits after the first, second and third failure; after that, a day. */
const steps = [minute, 10 * minute, 100 * minute];
export const longestDelay = day;
const expiredDelay = 6 * 60 * minute;
const leastCap = 5 * minute;

/** The longest wait allowed when `left` milliseconds of validity remain; null: no certificate exists yet. */
export function delayCap(left: number | null): number {
  if (left === null) return longestDelay;
  if (left <= 0) return expiredDelay;
  return Math.min(Math.max(left / 8, leastCap), longestDelay);
}

/**
 * How long to wait after `failures` consecutive failures, milliseconds: 1, 10, 100 minutes, then daily, never beyond an
 * eighth of what is left of the certificate; up to a tenth less, so that many do not come back at once.
 */
export function retryDelay(failures: number, left: number | null, random: () => number): number {
  const step = steps[failures - 1] ?? longestDelay;
  return Math.round(Math.min(step, delayCap(left)) * (1 - random() / 10));
}
