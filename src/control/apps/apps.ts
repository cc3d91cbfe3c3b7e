import { isDeepStrictEqual } from 'node:util';
import type { AppFacts, AppLine, AppSettings } from '../../model/app.ts';
import type { Clock } from '../../model/clock.ts';
import { UserError } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import type { Target } from '../../model/site.ts';
import { App, type AppTools } from './app.ts';
import { loaderModule, loaderSource } from './python-loader.ts';
import { untilQuiet } from './quiet.ts';
import { RuntimeDirectory } from './runtime-directory.ts';
import { Watchdog } from './watchdog.ts';

export interface AppsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** See {@link AppTools.onMoved}. */
  onMoved(): Promise<void>;
  /** The group of those who connect to the apps where this process is root and does not do so itself; null, or absent, elsewhere. */
  visitors?(): number | null;
  /** Longest wait for the requests of an app that ends, milliseconds. */
  longestDrain(): number;
}

/** Where the requests for an app go. */
export interface AppPlace {
  /** Empty while it is not ready. */
  readonly targets: readonly Target[];
  /** Requests wait for it; it is hardly hopeless. */
  readonly waits: boolean;
  /** Why it has no targets. */
  readonly absence: string;
}

/** All apps that the gate runs. */
export class Apps {
  readonly #options: AppsOptions;
  readonly #apps = new Map<string, App>();
  /** Those whose sites are gone, until they have ended. */
  readonly #leaving = new Set<App>();
  #tools: AppTools | null = null;
  #processes = 0;
  #stopped = false;

  constructor(options: AppsOptions) {
    this.#options = options;
  }

  /**
   * Runs exactly these from now on: starts new ones, starts those anew whose settings are others, and ends those that are not
   * among them when their requests are answered. Call it when no new request goes to the latter any more.
   */
  take(wanted: readonly AppSettings[]): void {
    if (this.#stopped) return;
    const names = new Set(wanted.map(({ name }) => name));
    for (const [name, app] of this.#apps) if (!names.has(name)) this.#remove(name, app);
    for (const settings of wanted) {
      const app = this.#apps.get(settings.name);
      if (app === undefined) this.#add(settings);
      else if (!isDeepStrictEqual(app.settings, settings)) app.deploy(settings);
    }
  }

  placeOf(name: string): AppPlace {
    const app = this.#apps.get(name);
    // A configuration serves a moment before its apps are started.
    if (app === undefined) return { targets: [], waits: !this.#stopped, absence: `the app ${name} does not run` };
    return { targets: app.targets(), waits: app.waits, absence: app.absence };
  }

  facts(): readonly AppFacts[] {
    return [...this.#apps.values()].map((app) => app.facts());
  }

  /** Starts an app anew and resolves when the new one serves; rejects with a UserError `unknown-app` or `app-not-ready`. */
  async restart(name: string): Promise<AppFacts> {
    const app = this.#find(name);
    await app.restart();
    return app.facts();
  }

  /** What an app printed last, oldest first. Throws a UserError `unknown-app`. */
  lines(name: string): readonly AppLine[] {
    return this.#find(name).lines();
  }

  /** Ends all apps at the same time, each by its stop signal. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#apps.values(), ...this.#leaving].map((app) => app.stop()));
    this.#close();
  }

  /** Ends all apps at once. */
  kill(): void {
    this.#stopped = true;
    for (const app of [...this.#apps.values(), ...this.#leaving]) app.kill();
    this.#close();
  }

  #find(name: string): App {
    const app = this.#apps.get(name);
    if (app !== undefined) return app;
    const names = [...this.#apps.keys()];
    throw new UserError(`there is no app ${name}`, {
      code: 'unknown-app',
      cure: names.length > 0 ? `There are: ${names.join(', ')}.` : 'No site has an app: of its own.',
    });
  }

  #add(settings: AppSettings): void {
    const app = new App(settings, this.#toolsForAll());
    this.#apps.set(settings.name, app);
    app.start();
  }

  #remove(name: string, app: App): void {
    this.#apps.delete(name);
    this.#leaving.add(app);
    const longest = this.#options.longestDrain();
    const quiet = Promise.all(app.targets().map((target) => untilQuiet(target, longest)));
    void quiet.then(() => app.stop()).finally(() => this.#leaving.delete(app));
  }

  /** Made when there is a first app: most gates have none. */
  #toolsForAll(): AppTools {
    if (this.#tools !== null) return this.#tools;
    const { clock, log, onMoved, longestDrain } = this.#options;
    const directory = new RuntimeDirectory(this.#options.visitors?.() ?? null);
    this.#tools = {
      clock,
      log,
      directory,
      loader: directory.share('python', `${loaderModule}.py`, loaderSource),
      watchdog: new Watchdog(directory.path, log),
      nextProcess: () => ++this.#processes,
      onMoved,
      longestDrain,
    };
    return this.#tools;
  }

  #close(): void {
    this.#tools?.watchdog.close();
    this.#tools?.directory.remove();
    this.#tools = null;
  }
}
