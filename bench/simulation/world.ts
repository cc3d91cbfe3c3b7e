import { day } from '../../test/support/fake-issuer.ts';
import { Outages, seededRandom } from './outages.ts';

/** What both policies live through. Times are milliseconds. */
export interface World {
  readonly start: number;
  readonly end: number;
  readonly certificates: readonly { readonly name: string; readonly names: readonly string[] }[];
  lifetime(name: string): number;
  readonly firstDown: Outages;
  readonly secondDown: Outages;
}

export interface WorldOptions {
  readonly certificates: number;
  readonly years: number;
  /** Days; certificates are dealt out in turn. */
  readonly lifetimes: readonly number[];
  readonly firstDownShare: number;
  readonly secondDownShare: number;
  readonly longestOutage: number;
  readonly seed: number;
}

export function createWorld(options: WorldOptions): World {
  const random = seededRandom(options.seed);
  const start = Date.UTC(2026, 0, 1);
  const end = start + options.years * 365.25 * day;
  const lifetimes = new Map<string, number>();
  const certificates = Array.from({ length: options.certificates }, (_, index) => {
    const days = options.lifetimes[index % options.lifetimes.length]!;
    const name = `site-${index}.example`;
    lifetimes.set(name, days * day);
    return { name, names: [name] };
  });
  return {
    start,
    end,
    certificates,
    lifetime: (name) => lifetimes.get(name) ?? 90 * day,
    firstDown: new Outages(start + day, end, options.firstDownShare, options.longestOutage, random),
    secondDown: new Outages(start + day, end, options.secondDownShare, options.longestOutage, random),
  };
}

/** What a policy made of it, for the certificates of one lifetime. */
export interface Outcome {
  readonly lifetimeDays: number;
  certificates: number;
  /** Times a certificate was past its end before it was replaced. */
  expiries: number;
  /** Hours of it, all certificates together. */
  expiredHours: number;
  /** Orders a CA accepted. */
  orders: number;
  /** Orders a policy would place that renews exactly at its own time in a world without outages. */
  minimum: number;
  /** Attempts that met a CA that was down. */
  failures: number;
  /** Least part of life that was left at a renewal, percent. */
  leastLeft: number;
}

export function emptyOutcome(lifetimeDays: number): Outcome {
  return {
    lifetimeDays,
    certificates: 0,
    expiries: 0,
    expiredHours: 0,
    orders: 0,
    minimum: 0,
    failures: 0,
    leastLeft: 100,
  };
}

/** Books one replacement of a certificate. */
export function bookReplacement(outcome: Outcome, notBefore: number, notAfter: number, now: number): void {
  outcome.leastLeft = Math.min(outcome.leastLeft, (100 * (notAfter - now)) / (notAfter - notBefore));
  if (now <= notAfter) return;
  outcome.expiries++;
  outcome.expiredHours += (now - notAfter) / 3_600_000;
}
