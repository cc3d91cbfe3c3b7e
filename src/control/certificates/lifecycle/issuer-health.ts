import type { FailureKind } from './failure.ts';

/** How an issuer looks from here, over all certificates. Times are wall-clock milliseconds. */
export interface IssuerHealth {
  readonly name: string;
  /** First failure since it last worked; null when it works or was not asked yet. */
  readonly downSince: number | null;
  readonly lastError: string;
  /** Last time it issued something; null when never. */
  readonly lastSuccess: number | null;
}

/** Certificates whose failures in a row tell that an issuer is down, and how long they must span. */
const failuresToShun = 3;
const shunAfter = 10 * 60_000;
/** How often somebody looks whether it is back. */
const probeEvery = 30 * 60_000;

interface Entry {
  health: IssuerHealth;
  failures: number;
  nextProbe: number;
}

/**
 * Keeps {@link IssuerHealth}; only failures on the CA's side count. An issuer that is down for everybody is shunned, so
 * that thousands of certificates do not each find out by themselves: one attempt in half an hour is let through.
 */
export class IssuerHealthBook {
  readonly #entries = new Map<string, Entry>();

  constructor(names: readonly string[]) {
    for (const name of names) this.worked(name, null);
  }

  all(): readonly IssuerHealth[] {
    return [...this.#entries.values()].map((entry) => entry.health);
  }

  worked(name: string, now: number | null): void {
    const health = { name, downSince: null, lastError: '', lastSuccess: now };
    this.#entries.set(name, { health, failures: 0, nextProbe: 0 });
  }

  failed(name: string, kind: FailureKind, message: string, now: number): void {
    const entry = this.#entries.get(name);
    if (kind !== 'outage' || !entry) return;
    entry.failures++;
    entry.nextProbe = now + probeEvery;
    entry.health = { ...entry.health, downSince: entry.health.downSince ?? now, lastError: message };
  }

  isShunned(name: string, now: number): boolean {
    const entry = this.#entries.get(name);
    if (!entry || entry.failures < failuresToShun || entry.health.downSince === null) return false;
    const known = now - entry.health.downSince >= shunAfter;
    return known && now < entry.nextProbe && now >= entry.nextProbe - probeEvery;
  }

  /** An attempt at a shunned issuer begins: nobody else need look for a while. */
  probing(name: string, now: number): void {
    const entry = this.#entries.get(name);
    if (entry && entry.failures >= failuresToShun) entry.nextProbe = now + probeEvery;
  }
}
