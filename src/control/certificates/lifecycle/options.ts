import type { Clock } from '../../../model/clock.ts';
import type { Log } from '../../../model/log.ts';
import type { CertificatePair } from '../../../model/site.ts';
import type { CertificateEvent } from './alarm.ts';
import type { Issuer } from './issuer.ts';
import type { Generation } from './record.ts';
import type { CertificateStore } from './store.ts';

export interface LifecycleOptions {
  readonly clock: Clock;
  readonly store: CertificateStore;
  /** Tried in this order; at least one. */
  readonly issuers: readonly Issuer[];
  readonly log: Log;
  /**
   * A new certificate is to be served from now on. Called after it was stored, or when storing failed (a certificate
   * that is served and lost at the next start beats one that is not served). A rejection is logged.
   */
  readonly onIssued: (name: string, pair: CertificatePair, generation: Generation) => void | Promise<void>;
  /** Something the user should hear of. */
  readonly onEvent?: (event: CertificateEvent) => void;
  /**
   * Looks before the first order of a name at `issuer`; rejects with an OrderFailure to prevent it. What else goes wrong in
   * it does not stand in the way.
   */
  readonly preflight?: (names: readonly string[], issuer: string, signal: AbortSignal) => Promise<void>;
  /** Numbers in [0, 1); Math.random when absent. */
  readonly random?: () => number;
  /** Orders under way at once; 4 when absent. */
  readonly concurrentOrders?: number;
  /** Longest time for one order, milliseconds; 15 minutes when absent. */
  readonly orderTimeout?: number;
}
