import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { NameWatch } from '../control/health/name-watch.ts';
import { Prober, type Watched } from '../control/health/prober.ts';
import type { Clock } from '../model/clock.ts';
import { describeError, UserError } from '../model/errors.ts';
import { isAddress } from '../model/host.ts';
import type { Log } from '../model/log.ts';
import type { Settings } from '../model/settings.ts';
import type { SiteSettings } from '../model/site.ts';
import type { TargetGroup } from '../model/target-group.ts';
import { checkKey, drainKey, type TargetNews } from '../model/target-news.ts';
import { keptSecret } from './kept-secret.ts';

interface TargetWatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly onNews: (news: TargetNews) => Promise<void>;
}

/** All that the control plane finds out about targets: whether they answer, what their names stand for, and which are drained. */
export class TargetWatch {
  readonly #options: TargetWatchOptions;
  readonly #prober: Prober;
  readonly #names: NameWatch;
  readonly #drained = new Set<string>();
  #cookieKey = randomBytes(32).toString('base64');
  #sites: readonly SiteSettings[] = [];
  #stopped = false;

  constructor(options: TargetWatchOptions) {
    const { clock, log } = options;
    const onChange = (): void => this.#tellLater();
    this.#options = options;
    this.#names = new NameWatch({ clock, log, onChange });
    this.#prober = new Prober({ clock, log, onChange, addressesOf: (host) => this.#names.addressesOf(host) });
  }

  /** Watches the targets of `settings` from now on. Resolves when all names are known, or after a second. */
  async take(settings: Settings): Promise<void> {
    if (groupsOf(settings.sites).some(({ balance }) => balance.kind === 'cookie')) {
      this.#cookieKey = await keptSecret(join(settings.state, 'cookie-key'));
    }
    await this.#names.take(namesOf(settings.sites), settings.resolvers);
    if (this.#stopped) return;
    this.follow(settings.sites);
  }

  /** As {@link take}, when only the targets of apps have changed. */
  follow(sites: readonly SiteSettings[]): void {
    this.#sites = sites;
    this.#prober.take(checksOf(sites));
    this.#tellLater();
  }

  /**
   * Sends no more requests to a target of a site, or sends them again, and returns their full names. Holds until the end of the program
   * or the opposite. Resolves when every worker knows. Rejects with a UserError `unknown-site` or `unknown-target`.
   */
  async drain(
    site: string,
    target: string,
    wanted: boolean,
  ): Promise<{ readonly site: string; readonly target: string }> {
    const found = this.#sites.find(({ names }) => names.includes(site));
    if (found === undefined) {
      const cure = `One of: ${this.#sites.map(({ name }) => name).join(', ')}.`;
      throw new UserError(`there is no site ${site}`, { code: 'unknown-site', cure });
    }
    const names = [...new Set(groupsOf([found]).flatMap(({ targets }) => targets.map((one) => one.target.name)))];
    const name = names.find((one) => one === target || one === `127.0.0.1:${target}`);
    if (name === undefined) {
      const cure = `One of: ${names.join(', ')}.`;
      throw new UserError(`the site ${site} has no target ${target}`, { code: 'unknown-target', cure });
    }
    if (wanted) this.#drained.add(drainKey(found.name, name));
    else this.#drained.delete(drainKey(found.name, name));
    this.#options.log.info(
      `${name} of ${found.name} ${wanted ? 'is drained: it gets no more requests' : 'gets requests again'}`,
    );
    await this.#tell();
    return { site: found.name, target: name };
  }

  stop(): void {
    this.#stopped = true;
    this.#prober.stop();
    this.#names.stop();
  }

  /** Nobody waits for it: a worker that is gone needs no news, and its successor gets them when it begins. */
  #tellLater(): void {
    this.#tell().catch((error: unknown) =>
      this.#options.log.warn(`a worker was not told about targets: ${describeError(error)}`),
    );
  }

  async #tell(): Promise<void> {
    if (this.#stopped) return;
    await this.#options.onNews({
      down: this.#prober.down(),
      drained: new Set(this.#drained),
      names: this.#names.addresses(),
      cookieKey: this.#cookieKey,
    });
  }
}

function groupsOf(sites: readonly SiteSettings[]): readonly TargetGroup[] {
  return sites.flatMap(({ routes }) => routes.flatMap(({ action }) => (action.kind === 'proxy' ? [action.group] : [])));
}

function namesOf(sites: readonly SiteSettings[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { targets } of groupsOf(sites)) {
    for (const { target } of targets) if (target.kind === 'tcp' && !isAddress(target.host)) names.add(target.host);
  }
  return names;
}

function checksOf(sites: readonly SiteSettings[]): ReadonlyMap<string, Watched> {
  const checks = new Map<string, Watched>();
  for (const { check, targets } of groupsOf(sites)) {
    if (check === null) continue;
    for (const { target } of targets) checks.set(checkKey(target, check), { target, check });
  }
  return checks;
}
