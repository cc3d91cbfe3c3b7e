import { setTimeout as delay } from 'node:timers/promises';
import type { AppSettings } from '../../model/app.ts';
import type { Clock } from '../../model/clock.ts';
import { describeError, UserError } from '../../model/errors.ts';
import type { Target } from '../../model/site.ts';
import { findAccount } from './account.ts';
import { AppProcess } from './app-process.ts';
import { type Endpoint, freePort, portEndpoint, socketEndpoint, wantsSocket } from './endpoint.ts';
import { type Launch, planLaunch } from './launch.ts';
import { somebodyListens, waitUntilReady } from './probe.ts';
import type { RuntimeDirectory } from './runtime-directory.ts';
import type { Watchdog } from './watchdog.ts';

export interface InstanceTools {
  /** It is not started before this resolves. */
  readonly after: Promise<unknown>;
  readonly clock: Clock;
  readonly directory: RuntimeDirectory;
  /** Directory of the loader module for Python apps. */
  readonly loader: string;
  readonly watchdog: Watchdog;
  onLine(line: string, pid: number): void;
  /** It waits for something that stands in its way, for as long as its start time-out. */
  onBlocked(how: string): void;
  /** It answers. */
  onReady(): void;
  /** It does not answer within its start time-out. */
  onLate(): void;
  /** Nothing is left of it, or it could not be started; `how` says why, for people. */
  onEnded(how: string): void;
}

/** Pause between two looks at a port that is taken, milliseconds. */
const lookAgain = 200;

/** One process of an app, from the plan to start it until nothing of it is left. */
export class Instance {
  readonly number: number;
  /** Resolves after `onEnded`. */
  readonly gone: Promise<void>;
  readonly #settings: AppSettings;
  readonly #tools: InstanceTools;
  /** Ends the question whether it is ready. */
  readonly #givenUp = new AbortController();
  #dismissed = false;
  #endpoint: Endpoint | null = null;
  #process: AppProcess | null = null;
  #title = '';

  /** Starts it. Nothing is called back before this returns. */
  constructor(number: number, settings: AppSettings, tools: InstanceTools) {
    this.number = number;
    this.#settings = settings;
    this.#tools = tools;
    this.gone = this.#run();
  }

  /** Whether it was told to end. */
  get dismissed(): boolean {
    return this.#dismissed;
  }

  /** 0 until it is started. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** What it is, for people; '' until that is known. */
  get title(): string {
    return this.#title;
  }

  /** Where it listens; null until that is known. */
  get target(): Target | null {
    return this.#endpoint?.target ?? null;
  }

  /** Ends it by its stop signal, and by force once its stop time-out is over. */
  end(): void {
    this.#dismiss();
    void this.#process?.stop(this.#settings.stopTimeout);
  }

  kill(): void {
    this.#dismiss();
    this.#process?.kill();
  }

  #dismiss(): void {
    this.#dismissed = true;
    this.#givenUp.abort();
  }

  async #run(): Promise<void> {
    let how: string;
    try {
      await this.#tools.after;
      const launch = await this.#plan();
      how = this.#dismissed ? 'not started' : await this.#live(launch);
    } catch (error) {
      how = error instanceof UserError && error.cure ? `${error.message}. ${error.cure}` : describeError(error);
    }
    this.#givenUp.abort();
    this.#tools.directory.removePrivate(this.number);
    this.#tools.onEnded(how);
  }

  async #plan(): Promise<Launch> {
    const account = findAccount(this.#settings);
    const { program, environment, name } = this.#settings;
    if (wantsSocket(program, environment)) {
      this.#endpoint = socketEndpoint(this.#tools.directory.makePrivate(this.number, account), `app ${name}`);
    } else {
      const fixed = program.kind === 'command' ? program.port : null;
      if (fixed !== null) await this.#untilFree(fixed);
      this.#endpoint = portEndpoint(fixed ?? (await freePort()));
    }
    const launch = await planLaunch(this.#settings, account, this.#endpoint, this.#tools.loader);
    this.#title = launch.title;
    return launch;
  }

  /** Another program may be about to leave its port: the app of a gate that this one takes over from, for one. */
  async #untilFree(port: number): Promise<void> {
    const deadline = performance.now() + this.#settings.startTimeout;
    for (let first = true; !this.#dismissed && (await somebodyListens(port)); first = false) {
      const taken = portTaken(port);
      if (performance.now() > deadline) throw taken;
      if (first) this.#tools.onBlocked(`${taken.message}. ${taken.cure}`);
      await delay(lookAgain);
    }
  }

  async #live(launch: Launch): Promise<string> {
    const process = new AppProcess(launch, this.#tools);
    this.#process = process;
    const late = this.#tools.clock.after(this.#settings.startTimeout, () => {
      if (!this.#dismissed) this.#tools.onLate();
    });
    void this.#watchForReady().then((ready) => {
      late.cancel();
      if (!ready) return;
      this.#letVisit();
      this.#tools.onReady();
    });
    return process.ended.finally(() => this.#givenUp.abort());
  }

  #letVisit(): void {
    const target = this.#endpoint?.target;
    try {
      if (target?.kind === 'unix') this.#tools.directory.letVisit(target.path);
    } catch {
      // Gone between its answer and this: its end is what counts.
    }
  }

  #watchForReady(): Promise<boolean> {
    const target = this.#endpoint?.target;
    if (target === undefined) return Promise.resolve(false);
    const { readyPath: path, host } = this.#settings;
    return waitUntilReady({ target, path, host, signal: this.#givenUp.signal });
  }
}

function portTaken(port: number): UserError {
  return new UserError(`port ${port} is taken by another program`, {
    code: 'port-in-use',
    cure: `End it (\`lsof -i :${port}\` names it), or give the app another port.`,
  });
}
