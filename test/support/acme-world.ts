import { dnsLookup } from '../../src/control/certificates/challenge/dns/lookup.ts';
import type { DnsProvider } from '../../src/control/certificates/challenge/dns/provider.ts';
import { dns01Solver } from '../../src/control/certificates/challenge/dns-01.ts';
import type { ChallengeSolver } from '../../src/control/certificates/challenge/solver.ts';
import {
  AcmeIssuer,
  type AcmeIssuerSettings,
  type AcmeIssuerTools,
} from '../../src/control/certificates/lifecycle/acme-issuer.ts';
import type { IssueRequest } from '../../src/control/certificates/lifecycle/issuer.ts';
import { MemoryStore } from '../../src/control/certificates/lifecycle/memory-store.ts';
import { systemClock } from '../../src/model/clock.ts';
import { type ChallengeGate, startChallengeGate } from './challenge-gate.ts';
import { type MemoryLog, memoryLog } from './memory-log.ts';
import { type Pebble, type PebbleOptions, startPebble } from './pebble.ts';

/** A CA, a gate it can look at, and an issuer made for them. */
export interface AcmeWorld {
  readonly gate: ChallengeGate;
  readonly pebble: Pebble;
  readonly store: MemoryStore;
  readonly log: MemoryLog;
  issuer(settings?: Partial<AcmeIssuerSettings>, tools?: Partial<AcmeIssuerTools>): AcmeIssuer;
  /** dns-01 over records of the challenge test server. */
  dnsSolver(): ChallengeSolver;
  close(): Promise<void>;
}

function testServerProvider(pebble: Pebble): DnsProvider {
  return {
    name: 'the challenge test server',
    oneValue: false,
    setTxt: (name, value) => pebble.challenge('set-txt', { host: `${name}.`, value }),
    clearTxt: (name) => pebble.challenge('clear-txt', { host: `${name}.` }),
  };
}

export async function startAcmeWorld(options: Partial<PebbleOptions> = {}): Promise<AcmeWorld> {
  const gate = await startChallengeGate();
  const pebble = await startPebble({ httpPort: gate.httpPort, tlsPort: gate.tlsPort, ...options });
  const store = new MemoryStore();
  const log = memoryLog();
  return {
    gate,
    pebble,
    store,
    log,
    issuer: (settings = {}, tools = {}) =>
      new AcmeIssuer(
        { name: 'pebble', directory: pebble.directory, ca: pebble.ca, email: 'you@example.org', ...settings },
        { clock: systemClock, accounts: store, solvers: [gate.http01], wanted: 'auto', ...tools },
      ),
    dnsSolver: () =>
      dns01Solver({
        provider: testServerProvider(pebble),
        lookup: dnsLookup([pebble.dns]),
        clock: systemClock,
        log,
        patience: 5000,
      }),
    async close() {
      gate.close();
      await pebble.stop();
    },
  };
}

/** A request for `names` with nothing behind it. */
export function requestFor(...names: string[]): IssueRequest {
  return { names, failedChallenges: [], previous: null, signal: new AbortController().signal };
}
