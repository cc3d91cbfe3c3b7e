import { execFile } from 'node:child_process';

/**
 * systemd, when it runs this program as a service of `Type=notify` (sd_notify(3)); otherwise nobody, and nothing is said. Messages arrive in
 * the order they were given. A message that cannot be delivered is reported once and never harms the service.
 */
export interface ServiceManager {
  /** The service serves, by this very process: after a start, a reload, or in place of a predecessor that has handed over. */
  ready(status: string): void;
  reloading(): void;
  stopping(): void;
  /** Says nothing any more, not even to the watchdog: another process speaks for the service. */
  handOver(): void;
  /** Variables with which a successor of this process finds systemd; they are not left in the environment of apps and hooks. */
  readonly environment: Readonly<Record<string, string>>;
  /** Resolves when everything said so far is delivered. */
  settled(): Promise<void>;
}

export interface ServiceManagerOptions {
  /** Told once, of the first message that cannot be delivered. */
  readonly onFailure: (error: Error) => void;
  /** Default: `process.env`, from which systemd's own variables are taken away. */
  readonly environment?: Record<string, string | undefined>;
}

const silent: ServiceManager = {
  ready() {},
  reloading() {},
  stopping() {},
  handOver() {},
  environment: {},
  settled: () => Promise.resolve(),
};

/** Finds systemd by `NOTIFY_SOCKET`, and its watchdog by `WATCHDOG_USEC`. */
export function findServiceManager({ onFailure, environment = process.env }: ServiceManagerOptions): ServiceManager {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: interval, WATCHDOG_PID: watched } = environment;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
  if (!socket) return silent;
  const isWatched = watched === undefined || Number(watched) === process.pid;
  return new Systemd(socket, isWatched ? Number(interval ?? 0) / 1000 : 0, onFailure);
}

/** Longest wait for one message, milliseconds: systemd answers at once or is not there. */
const patience = 10_000;

/**
 * Speaks by `systemd-notify`, because Node.js has no Unix datagram sockets. It waits until systemd has read the message, so it is
 * still there when systemd looks up who sent it; the unit must say `NotifyAccess=all`.
 */
class Systemd implements ServiceManager {
  readonly environment: Readonly<Record<string, string>>;
  readonly #socket: string;
  readonly #onFailure: (error: Error) => void;
  readonly #watchdog: NodeJS.Timeout | null;
  #last: Promise<void> = Promise.resolve();
  #failed = false;
  #silenced = false;

  /** `interval`: milliseconds within which the watchdog wants to hear something; 0 for never. */
  constructor(socket: string, interval: number, onFailure: (error: Error) => void) {
    this.#socket = socket;
    this.#onFailure = onFailure;
    this.environment = { NOTIFY_SOCKET: socket, ...(interval > 0 && { WATCHDOG_USEC: String(interval * 1000) }) };
    this.#watchdog = interval > 0 ? setInterval(() => this.#send('WATCHDOG=1'), interval / 2).unref() : null;
  }

  ready(status: string): void {
    this.#send('READY=1', `MAINPID=${process.pid}`, `STATUS=${oneLine(status)}`);
  }

  reloading(): void {
    this.#send('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  stopping(): void {
    this.#send('STOPPING=1', 'STATUS=Stopping: running requests may finish');
  }

  handOver(): void {
    this.#silenced = true;
    if (this.#watchdog) clearInterval(this.#watchdog);
  }

  settled(): Promise<void> {
    return this.#last;
  }

  #send(...assignments: string[]): void {
    if (this.#silenced) return;
    this.#last = this.#last.then(() => this.#deliver(assignments));
  }

  #deliver(assignments: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      const env = { PATH: process.env.PATH, NOTIFY_SOCKET: this.#socket };
      execFile('systemd-notify', assignments, { env, timeout: patience }, (error) => {
        if (error && !this.#failed) {
          this.#failed = true;
          this.#onFailure(error);
        }
        resolve();
      });
    });
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
