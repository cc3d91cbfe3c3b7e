import type { IssuerRecord, Progress } from './record.ts';

/** Failures at one issuer after which the next one is asked. */
export const patience = 3;

const untried: IssuerRecord = Object.freeze({ failures: 0, lastAttempt: 0, holdUntil: 0 });

/** What is known of an issuer for this certificate. */
export function issuerRecord(progress: Progress, issuer: string): IssuerRecord {
  return progress.issuers[issuer] ?? untried;
}

/**
 * Who is to be asked next: the first issuer that has not failed too often, else the one asked longest ago.
 * Issuers that asked for rest, and those `shunned` because they are down for everybody, count only when all are so;
 * then it is the one free soonest.
 */
export function chooseIssuer(
  order: readonly string[],
  progress: Progress,
  now: number,
  shunned: (issuer: string) => boolean = () => false,
): string {
  let oldest: string | undefined;
  let soonest: string | undefined;
  for (const name of order) {
    const one = issuerRecord(progress, name);
    if (soonest === undefined || one.holdUntil < issuerRecord(progress, soonest).holdUntil) soonest = name;
    if (one.holdUntil > now || shunned(name)) continue;
    if (one.failures < patience) return name;
    if (oldest === undefined || one.lastAttempt < issuerRecord(progress, oldest).lastAttempt) oldest = name;
  }
  const best = oldest ?? soonest;
  if (best === undefined) throw new Error('no issuer configured');
  return best;
}
