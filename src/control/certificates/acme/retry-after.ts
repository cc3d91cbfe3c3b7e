const longest = 365 * 86_400_000;

/**
 * When a `Retry-After` field allows the next try, as wall-clock milliseconds (RFC 9110 section 10.2.3: seconds or a date).
 * Undefined for an absent or unreadable field. Never more than a year ahead, never before `now`.
 */
export function retryAt(field: string | undefined, now: number): number | undefined {
  const text = field?.trim();
  if (!text) return undefined;
  const at = /^\d{1,10}$/.test(text) ? now + Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  return Math.min(Math.max(at, now), now + longest);
}
