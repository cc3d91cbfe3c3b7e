import type { Log } from '../model/log.ts';
import type { Settings } from '../model/settings.ts';
import type { Status } from '../model/status.ts';

/** An address that is being listened on, with the port the system chose where 0 was asked for. */
export interface BoundAddress {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/** A running gateway: both planes, joined. */
export interface Gateway {
  readonly addresses: readonly BoundAddress[];
  /** The error log of this gateway. */
  readonly log: Log;
  status(): Status;
  /**
   * Serves `settings` from now on. Rejects with a UserError and changes nothing when they cannot be served.
   * Exchanges in flight finish under the settings they began with.
   */
  reload(settings: Settings): Promise<void>;
  /** Closes and opens log files again by path, for log rotation. */
  reopenLogs(): Promise<void>;
  /** Stops accepting, lets running exchanges finish within `limits.drainTimeout`, then closes what is left. */
  stop(): Promise<void>;
  /** Ends at once: every connection is reset. */
  kill(): void;
}

/** Starts serving; rejects with a UserError when a port or a file is not to be had. */
export function startGateway(_settings: Settings): Promise<Gateway> {
  throw new Error('under construction');
}
