import { fail, type Outcome } from './fault.ts';

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const wantedDuration = 'a duration such as 500ms, 10s, 5m or 1h, or 0 for no limit';
/** The longest time a limit may be set to: beyond it timers of the runtime overflow. */
const longestDuration = 24 * 86_400_000;

/** `10s`, `1h30m`, `0` in milliseconds. */
export function parseDuration(input: string | number): Outcome<number> {
  const text = String(input).trim();
  if (text === '0') return { value: 0 };
  if (/^[0-9.]+$/.test(text)) {
    return fail('a duration without a unit', { wanted: wantedDuration, didYouMean: `${text}s` });
  }
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) {
    const spelled = /^(\d+) ?(s|m|h|d)[a-z]*$/i.exec(text);
    const didYouMean = spelled ? `${spelled[1]}${spelled[2]?.toLowerCase()}` : undefined;
    return fail('not a duration', { wanted: wantedDuration, didYouMean });
  }
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (durationUnits[unit ?? ''] ?? 0);
  }
  if (total > longestDuration) return fail('too long', { wanted: 'at most 24d, or 0 for no limit' });
  return { value: Math.round(total) };
}

const sizeUnits: Readonly<Record<string, number>> = { '': 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const wantedSize = 'a size such as 64KiB or 1MiB, or a number of bytes';

/** `64KiB` or a number of bytes, in bytes. */
export function parseSize(input: string | number): Outcome<number> {
  const text = String(input).trim();
  const match = /^(\d{1,15}(?:\.\d+)?)(B|KiB|MiB|GiB|)$/.exec(text);
  if (!match) {
    const spelled = /^(\d+) ?([kmg])i?b?$/i.exec(text);
    const didYouMean = spelled ? `${spelled[1]}${spelled[2]?.toUpperCase()}iB` : undefined;
    return fail('not a size', { wanted: wantedSize, didYouMean });
  }
  const bytes = Number(match[1]) * (sizeUnits[match[2] ?? ''] ?? 0);
  if (!Number.isSafeInteger(bytes)) return fail('not a whole number of bytes', { wanted: wantedSize });
  return { value: bytes };
}

/** A whole number in a range, as a number or in digits (as `${ENV}` gives it). */
export function parseCount(input: string | number, from: number, to: number): Outcome<number> {
  const text = String(input).trim();
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < from || value > to) {
    return fail('not a whole number in range', { wanted: `a whole number from ${from} to ${to}` });
  }
  return { value };
}
