const second = 1_000;

/** Waits after the first failure in a row, the second and so on; the last one after any more. Milliseconds. */
const steps = [250, second, 2 * second, 4 * second, 8 * second, 16 * second, 30 * second];

/** An app that has been ready for this long was well: its next failure is a first one. Milliseconds. */
export const steadyTime = 30 * second;

/** How long to wait before the next start, after `failures` in a row; milliseconds. */
export function restartDelay(failures: number): number {
  return steps[Math.max(failures, 1) - 1] ?? 30 * second;
}
