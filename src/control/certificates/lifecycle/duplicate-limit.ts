import type { DuplicateLimit } from './issuer.ts';
import type { Progress } from './record.ts';

/**
 * When the next order for the same names may be placed without spending the last one `limit` allows: `now` or earlier
 * when it may be placed at once.
 */
export function duplicateAllowedAt(
  limit: DuplicateLimit | null,
  issued: Progress['issued'],
  issuer: string,
  now: number,
): number {
  if (limit === null) return now;
  const recent = issued.filter((one) => one.issuer === issuer && one.at <= now && now - one.at < limit.period);
  const surplus = recent.length - (limit.count - 2);
  const oldest = recent.map((one) => one.at).sort((a, b) => a - b)[surplus - 1];
  return surplus <= 0 || oldest === undefined ? now : oldest + limit.period;
}
