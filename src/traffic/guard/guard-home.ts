import type { Clock } from '../../model/clock.ts';
import type { Log } from '../../model/log.ts';
import type { Target } from '../../model/site.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { LoginDesk } from './passwords/login-desk.ts';
import type { RateTables } from './rates/rate-tables.ts';

/** What one worker has learnt and the others must know. Plain data, so that it can be sent to another process. */
export type GuardNews = Readonly<Record<string, string | number>>;

/** What the guards of a worker share; it goes on when the configuration changes. */
export interface GuardHome {
  readonly log: Log;
  readonly clock: Clock;
  readonly rates: RateTables;
  /** The connections to a service that some route of the configuration in use asks; null for any other. */
  readonly endpointOf: (target: Target) => Endpoint | null;
  /** Tells the other workers; nothing happens where there are none. */
  readonly tell: (news: GuardNews) => void;
  /** Passwords and sessions. */
  readonly logins: LoginDesk;
}
