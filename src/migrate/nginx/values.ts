/** Times and sizes as nginx writes them. */

const timeUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  M: 30 * 86_400_000,
  y: 365 * 86_400_000,
};

/** Milliseconds; null when it is no time. A number alone is seconds. */
export function parseTime(text: string): number | null {
  if (!/^(?:\d{1,12}(?:ms|[smhdwMy])? ?)+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[smhdwMy])?/g)) {
    total += Number(amount) * (timeUnits[unit ?? 's'] ?? 0);
  }
  return total;
}

/** Bytes; null when it is no size. */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,12})([kKmMgG])?$/.exec(text);
  if (!match) return null;
  const unit = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[(match[2] ?? '').toLowerCase()] ?? 1;
  return Number(match[1]) * unit;
}

/** The longest time a limit of ours may have. */
const longest = 24 * 86_400_000;

/** Milliseconds as sallyport.yaml writes them; 0 stays 0, too long a time becomes the longest there is. */
export function durationText(milliseconds: number): string {
  const time = Math.min(milliseconds, longest);
  for (const [unit, length] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const) {
    if (time >= length && time % length === 0 && (unit !== 'd' || time > length)) return `${time / length}${unit}`;
  }
  return time === 0 ? '0' : `${time}ms`;
}

/** Bytes as sallyport.yaml writes them. */
export function sizeText(bytes: number): string {
  for (const [unit, size] of [
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}
