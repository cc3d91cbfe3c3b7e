import { SessionKeys } from '../control/users/session-keys.ts';
import { UserFileWatch } from '../control/users/watch-users.ts';
import { type Logins, noLogins } from '../model/auth.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import type { Settings } from '../model/settings.ts';

export interface SiteLoginsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Users or keys are others than before. */
  onChanged(): Promise<unknown>;
}

/** The users and session keys of one configuration's sites, kept current until closed. */
export class SiteLogins {
  readonly #watches = new Map<string, UserFileWatch>();
  #keys: SessionKeys | null = null;

  private constructor() {}

  /** Rejects with a UserError when a file of users cannot be read, leaving nothing open. */
  static async open(settings: Settings, options: SiteLoginsOptions): Promise<SiteLogins> {
    const logins = new SiteLogins();
    const rules = settings.sites.flatMap(({ routes }) => routes.flatMap(({ auth }) => auth ?? []));
    try {
      for (const { file } of rules) {
        if (!logins.#watches.has(file)) logins.#watches.set(file, await UserFileWatch.open(file, options));
      }
      if (rules.some(({ session }) => session !== null))
        logins.#keys = await SessionKeys.open({ state: settings.state, ...options });
    } catch (error) {
      logins.close();
      throw error;
    }
    return logins;
  }

  get current(): Logins {
    if (this.#watches.size === 0) return noLogins;
    const users = new Map<string, ReadonlyMap<string, string>>();
    for (const [file, watch] of this.#watches) {
      users.set(file, new Map([...watch.current.users].map(([name, { hash }]) => [name, hash])));
    }
    return { users, sessionKeys: this.#keys?.current() ?? [] };
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
    this.#keys?.close();
  }
}
