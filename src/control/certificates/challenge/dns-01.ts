import type { Clock } from '../../../model/clock.ts';
import { describeError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import { dnsChallengeValue } from '../acme/key-authorization.ts';
import { type DnsLookup, followAliases } from './dns/lookup.ts';
import { untilPropagated } from './dns/propagation.ts';
import type { DnsProvider } from './dns/provider.ts';
import { ChallengeError, type ChallengeSolver } from './solver.ts';

export interface Dns01Options {
  readonly provider: DnsProvider;
  readonly lookup: DnsLookup;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a record may take to appear, milliseconds; three minutes when absent. */
  readonly patience?: number;
  /** Port of authoritative servers; 53 when absent. */
  readonly authoritativePort?: number;
}

/**
 * dns-01 (RFC 8555 section 8.4): writes the record where an alias of `_acme-challenge.NAME` points, and waits until
 * every authoritative server shows it.
 */
export function dns01Solver(options: Dns01Options): ChallengeSolver {
  const { provider, lookup, clock, log } = options;
  const turns = new Map<string, Promise<void>>();

  /** Waits until nobody else holds the name; gives the function that frees it. */
  async function takeTurn(name: string): Promise<() => void> {
    if (!provider.oneValue) return () => {};
    const before = turns.get(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    const mine = (before ?? Promise.resolve()).then(() => promise);
    turns.set(name, mine);
    await before;
    return () => {
      resolve();
      if (turns.get(name) === mine) turns.delete(name);
    };
  }

  async function clear(name: string, value: string): Promise<void> {
    try {
      await provider.clearTxt(name, value);
    } catch (error) {
      log.warn('a TXT record was left behind', { name, provider: provider.name, error: describeError(error) });
    }
  }

  return {
    kind: 'dns-01',
    async present({ identifier, keyAuthorization }, signal) {
      const name = await whereToWrite(lookup, `_acme-challenge.${identifier.value.toLowerCase()}`);
      const value = dnsChallengeValue(keyAuthorization);
      const release = await takeTurn(name);
      const withdraw = async (): Promise<void> => {
        await clear(name, value);
        release();
      };
      try {
        await provider.setTxt(name, value, signal);
        const { patience = 180_000, authoritativePort: port = 53 } = options;
        await untilPropagated(name, value, { lookup, clock, patience, port, signal });
      } catch (error) {
        await withdraw();
        throw error instanceof ChallengeError ? error : trouble(error);
      }
      return withdraw;
    },
  };
}

async function whereToWrite(lookup: DnsLookup, name: string): Promise<string> {
  try {
    return await followAliases(lookup, name);
  } catch (error) {
    throw trouble(error);
  }
}

function trouble(error: unknown): ChallengeError {
  return new ChallengeError(describeError(error), { reason: 'trouble', cause: error });
}
