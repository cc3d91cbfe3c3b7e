import type { Finding } from '../control/config/problems.ts';
import { settingsFromObject } from '../control/config/read-settings.ts';
import type { Config } from '../control/config/schema.ts';
import { startGateway as open, type Gateway as RunningGateway } from '../gateway/gateway.ts';
import { UserError } from '../model/errors.ts';
import type { BoundAddress, Settings } from '../model/settings.ts';
import type { Status } from '../model/status.ts';

export interface GatewayOptions {
  /** What relative paths in the configuration start from. Default: the working directory. */
  readonly directory?: string;
}

/**
 * A gateway in this process.
 *
 * ```
 *   created ──start──▶ starting ──▶ serving ──stop──▶ stopped
 *      ▲                   │          │  ▲
 *      └───── failed ──────┘          └──┘ reload
 * ```
 * No signal is listened for and no control socket opened: that is what `sallyport run` does.
 */
export interface Gateway extends AsyncDisposable {
  /** Where it listens, with the ports the system chose for 0; empty unless it serves. */
  readonly addresses: readonly BoundAddress[];
  /** What is doubtful about the configuration in use, and no error. */
  readonly warnings: readonly Finding[];
  /** Resolves when connections are accepted. Rejects with a {@link UserError} (`code` tells which) when a port or file is not to be had. */
  start(): Promise<void>;
  /**
   * Serves another configuration from now on; requests that are running finish under the old one. Rejects with a {@link UserError}
   * and changes nothing when it is invalid or cannot be served.
   */
  reload(config: Config): Promise<void>;
  /** What `sallyport status --json` prints. Rejects with a {@link UserError} `not-serving` unless it serves. */
  status(): Promise<Status>;
  /** Accepts nothing more, lets running requests finish within `limits.drainTimeout`, closes the rest. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * A gateway for a configuration: the object that a `sallyport.yaml` would hold, `${…}` in its values expanded alike. Listens on nothing
 * before `start()`. Throws a `ConfigError` that holds every problem when the configuration is invalid.
 */
export function createGateway(config: Config, options: GatewayOptions = {}): Gateway {
  return new ProgrammedGateway(config, options.directory ?? process.cwd());
}

class ProgrammedGateway implements Gateway {
  readonly #directory: string;
  #settings: Settings;
  #warnings: readonly Finding[];
  #running: Promise<RunningGateway> | null = null;
  #serving: RunningGateway | null = null;
  #lastReload: Promise<unknown> = Promise.resolve();

  constructor(config: Config, directory: string) {
    this.#directory = directory;
    const { settings, warnings } = settingsFromObject({ workers: 1, ...config }, directory);
    this.#settings = settings;
    this.#warnings = warnings;
  }

  get addresses(): readonly BoundAddress[] {
    return this.#serving?.addresses ?? [];
  }

  get warnings(): readonly Finding[] {
    return this.#warnings;
  }

  async start(): Promise<void> {
    if (this.#running) throw new UserError('the gateway has been started already', { code: 'already-started' });
    const running = open(this.#settings);
    this.#running = running;
    try {
      this.#serving = await running;
    } catch (error) {
      this.#running = null;
      throw error;
    }
  }

  /** One after another, so that the last one asked for wins. */
  reload(config: Config): Promise<void> {
    const reload = this.#lastReload.then(() => this.#reloadNow(config));
    this.#lastReload = reload.catch(() => {});
    return reload;
  }

  async #reloadNow(config: Config): Promise<void> {
    const serving = this.#requireServing();
    const { settings, warnings } = settingsFromObject({ workers: 1, ...config }, this.#directory);
    await serving.reload(settings);
    this.#settings = settings;
    this.#warnings = warnings;
  }

  async status(): Promise<Status> {
    return this.#requireServing().status();
  }

  async stop(): Promise<void> {
    const running = await this.#running?.catch(() => null);
    this.#running = null;
    this.#serving = null;
    await running?.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #requireServing(): RunningGateway {
    if (this.#serving) return this.#serving;
    throw new UserError('the gateway does not serve; it has not been started, or it was stopped', {
      code: 'not-serving',
      cure: 'Wait for `start()` first.',
    });
  }
}
