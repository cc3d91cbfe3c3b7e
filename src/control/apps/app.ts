import type { AppFacts, AppLine, AppSettings } from '../../model/app.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import { UserError } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import type { Target } from '../../model/site.ts';
import { Instance } from './instance.ts';
import { type AppAction, type AppEvent, type AppPhase, firstPhase, step } from './lifecycle.ts';
import { OutputRing } from './output-ring.ts';
import { PathWatch } from './path-watch.ts';
import { untilQuiet } from './quiet.ts';
import type { RuntimeDirectory } from './runtime-directory.ts';
import { Waiters } from './waiters.ts';
import type { Watchdog } from './watchdog.ts';

export interface AppTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly directory: RuntimeDirectory;
  /** Directory of the loader module for Python apps. */
  readonly loader: string;
  readonly watchdog: Watchdog;
  /** A number no other process of any app has. */
  nextProcess(): number;
  /** The app serves at another place than before, or requests wait for it no longer. Resolves when the data plane knows. */
  onMoved(): Promise<void>;
  /** Longest wait for the requests of a process that another one has taken the place of, milliseconds. */
  longestDrain(): number;
}

/** Longest wait for the requests of a process that must end before the next one can start: others wait meanwhile. Milliseconds. */
const longestPause = 5_000;
/** After so many failures in a row requests do not wait for the next attempt. */
const hopeless = 5;
const keptLines = 500;
/** Of those, what is shown with an error. */
const shownLines = 8;

/** One app: does what lifecycle.ts says, with real processes. */
export class App {
  readonly #tools: AppTools;
  #settings: AppSettings;
  #phase: AppPhase = firstPhase;
  #since: number;
  #starts = 0;
  #title = '';
  #lastError: AppFacts['lastError'] = null;
  readonly #output = new OutputRing(keptLines);
  readonly #instances = new Map<number, Instance>();
  readonly #waiters = new Waiters();
  #wait: Timer | null = null;
  #watch: PathWatch | null = null;
  /** The data plane's knowledge of where the app is. */
  #told: Promise<void> = Promise.resolve();

  constructor(settings: AppSettings, tools: AppTools) {
    this.#settings = settings;
    this.#tools = tools;
    this.#since = tools.clock.now();
  }

  get settings(): AppSettings {
    return this.#settings;
  }

  start(): void {
    this.#follow();
    this.#take({ kind: 'due' });
  }

  /** Where requests go; nowhere while it is not ready. */
  targets(): readonly Target[] {
    const target = this.#serving()?.target ?? null;
    return target === null ? [] : [target];
  }

  /** Whether it is likely to be ready soon. */
  get waits(): boolean {
    return canWait(this.#phase);
  }

  /** Why it is not ready, for the log. */
  get absence(): string {
    const why = this.#lastError === null ? '' : `: ${this.#lastError.message}`;
    return `the app ${this.#settings.name} is not ready${why}`;
  }

  /** Starts it anew, under `settings` when given: beside the old one where both can run. The old one goes on when that fails. */
  deploy(settings: AppSettings = this.#settings): void {
    const before = this.#settings;
    this.#settings = settings;
    if (before !== settings) this.#follow();
    this.#take({ kind: 'deploy', beside: canRunBeside(before, settings) });
  }

  /** As {@link deploy}; resolves when the new one serves. Rejects with a UserError `app-not-ready` that says why it does not. */
  restart(): Promise<void> {
    if (isOver(this.#phase)) return Promise.reject(this.#notReady('the gate is stopping'));
    const served = this.#waiters.add(this.#tools.nextProcess());
    this.deploy();
    return served;
  }

  /** Ends every process by its stop signal. Resolves when nothing is left. */
  async stop(): Promise<void> {
    this.#watch?.close();
    this.#wait?.cancel();
    this.#take({ kind: 'stop' });
    this.#waiters.failed(Number.POSITIVE_INFINITY, this.#notReady('it was stopped'));
    await Promise.all([...this.#instances.values()].map((instance) => instance.gone));
    this.#take({ kind: 'all-ended' });
  }

  /** Ends every process at once. */
  kill(): void {
    this.#watch?.close();
    this.#wait?.cancel();
    this.#phase = { kind: 'stopped' };
    for (const instance of this.#instances.values()) instance.kill();
  }

  /** What it printed last. */
  lines(): readonly AppLine[] {
    return this.#output.last(keptLines);
  }

  facts(): AppFacts {
    const serving = this.#serving();
    const others = [...this.#instances.values()].filter((one) => one !== serving);
    const target = serving?.target;
    return {
      name: this.#settings.name,
      state: this.#phase.kind,
      pids: [serving?.pid ?? 0, ...others.map(({ pid }) => pid)].filter((pid) => pid !== 0),
      since: new Date(this.#since).toISOString(),
      restarts: Math.max(0, this.#starts - 1),
      program: this.#title,
      target: target?.kind === 'unix' ? `unix:${target.path}` : (target?.name ?? ''),
      lastError: this.#lastError,
    };
  }

  #serving(): Instance | null {
    const number = servingIn(this.#phase);
    return number === null ? null : (this.#instances.get(number) ?? null);
  }

  #follow(): void {
    this.#watch?.close();
    const { reload, name } = this.#settings;
    const { clock, log } = this.#tools;
    if (reload.length === 0) return;
    this.#watch = new PathWatch({
      paths: reload,
      clock,
      log,
      onChanged: (path) => {
        log.info('an app is started anew, for its files have changed', { app: name, path });
        this.deploy();
      },
    });
  }

  #take(event: AppEvent): void {
    const before = this.#phase;
    const { clock, nextProcess } = this.#tools;
    const { phase, actions } = step(before, event, { now: clock.now(), next: nextProcess() });
    this.#phase = phase;
    if (phase.kind !== before.kind) this.#since = clock.now();
    for (const action of actions) this.#do(action);
    if (servingIn(before) === servingIn(phase) && canWait(before) === canWait(phase)) return;
    this.#told = this.#tools.onMoved();
    const serving = servingIn(phase);
    if (serving === null) return;
    this.#title = this.#instances.get(serving)?.title ?? '';
    this.#waiters.served(serving);
  }

  #do(action: AppAction): void {
    switch (action.kind) {
      case 'start':
        this.#start(action.process);
        break;
      case 'retire':
        void this.#retire(action.process);
        break;
      case 'end':
        this.#instances.get(action.process)?.end();
        break;
      case 'wait':
        this.#wait = this.#tools.clock.after(action.milliseconds, () => this.#take({ kind: 'due' }));
        break;
      case 'end-all':
        for (const instance of this.#instances.values()) instance.end();
        break;
    }
  }

  #start(process: number): void {
    this.#wait?.cancel();
    this.#starts++;
    const settings = this.#settings;
    const { clock, directory, loader, watchdog } = this.#tools;
    // One that always listens on the same port cannot begin while another of its kind is about to end.
    const others = fixedPort(settings) === null ? [] : [...this.#instances.values()].map(({ gone }) => gone);
    const instance = new Instance(process, settings, {
      after: Promise.all(others),
      clock,
      directory,
      loader,
      watchdog,
      onLine: (text, pid) => this.#print(text, pid),
      onBlocked: (how) => this.#note(how),
      onReady: () => this.#take({ kind: 'ready', process }),
      onLate: () => {
        this.#failed(instance, `it did not answer within ${settings.startTimeout / 1000} s`);
        this.#take({ kind: 'late', process });
      },
      onEnded: (how) => {
        this.#instances.delete(process);
        if (!instance.dismissed) this.#failed(instance, how);
        this.#take({ kind: 'ended', process });
      },
    });
    this.#instances.set(process, instance);
  }

  /** The requests it has are answered first; new ones go elsewhere, or wait. */
  async #retire(process: number): Promise<void> {
    const instance = this.#instances.get(process);
    if (instance === undefined) return;
    const longest = this.#phase.kind === 'replacing' ? longestPause : this.#tools.longestDrain();
    // First the data plane must know, which it is told when this step is done.
    await Promise.resolve();
    await this.#told;
    if (instance.target !== null) await Promise.race([untilQuiet(instance.target, longest), instance.gone]);
    instance.end();
  }

  /** A process that ends by itself, or does not get ready: said in the log, in the status, and to whoever waits for it. */
  #failed({ number, pid }: Instance, how: string): void {
    const { clock, log } = this.#tools;
    const lines = pid === 0 ? [] : this.#output.last(shownLines, pid).map(({ text }) => text);
    const { name } = this.#settings;
    this.#lastError = { message: how, at: new Date(clock.now()).toISOString(), lines };
    const facts = { app: name, ...(pid !== 0 && { pid }), how, ...(lines.length > 0 && { said: lines.at(-1) }) };
    const phase = this.#phase;
    if (phase.kind === 'deploying' && phase.next === number) {
      log.error('the new version of an app does not become ready; the old one goes on serving', facts);
    } else log.error('an app has failed', facts);
    this.#waiters.failed(number, this.#notReady(how, lines));
  }

  #note(how: string): void {
    const { clock, log } = this.#tools;
    this.#lastError = { message: how, at: new Date(clock.now()).toISOString(), lines: [] };
    log.warn('an app cannot be started yet', { app: this.#settings.name, how });
  }

  #notReady(why: string, lines: readonly string[] = []): UserError {
    const { name } = this.#settings;
    const serves = this.#serving() === null ? '' : '; the one before goes on serving';
    const said = lines.map((line) => `\n  ${line}`).join('');
    return new UserError(`the app ${name} did not become ready: ${why}${serves}${said}`, {
      code: 'app-not-ready',
      cure: `See what it printed: \`sallyport app logs ${name}\`.`,
    });
  }

  #print(text: string, pid: number): void {
    const { clock, log } = this.#tools;
    this.#output.push({ time: new Date(clock.now()).toISOString(), pid, text });
    log.info(text, { app: this.#settings.name, pid });
  }
}

/** The process that requests go to; null when there is none. */
function servingIn(phase: AppPhase): number | null {
  return phase.kind === 'ready' || phase.kind === 'deploying' ? phase.process : null;
}

function canWait(phase: AppPhase): boolean {
  return !isOver(phase) && !(phase.kind === 'waiting' && phase.failures >= hopeless);
}

function isOver({ kind }: AppPhase): boolean {
  return kind === 'stopping' || kind === 'stopped';
}

/** Two processes that always listen on the same port cannot run at the same time. */
function canRunBeside(before: AppSettings, after: AppSettings): boolean {
  return fixedPort(before) === null || fixedPort(before) !== fixedPort(after);
}

function fixedPort({ program }: AppSettings): number | null {
  return program.kind === 'command' ? program.port : null;
}
