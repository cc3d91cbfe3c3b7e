import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock } from '../../model/clock.ts';
import { describeError, systemErrorCode } from '../../model/errors.ts';
import type { Launch } from './launch.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Watchdog } from './watchdog.ts';

export interface AppProcessTools {
  readonly clock: Clock;
  readonly watchdog: Watchdog;
  /** Takes each line of both outputs. */
  onLine(line: string, pid: number): void;
}

/** After the end of a process its output is read for this long, should somebody else hold the pipe; milliseconds. */
const outputGrace = 500;

/**
 * One process of an app and what it starts: they are a process group of their own, of which nothing is left when it has ended.
 * A program that leaves its group and its session on purpose is not followed.
 */
export class AppProcess {
  /** 0 when it could not be started. */
  readonly pid: number;
  /** Resolves when it is gone and its output was read, with how it ended, e.g. `exit code 1`. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #launch: Launch;
  readonly #tools: AppProcessTools;
  #gone = false;

  constructor(launch: Launch, tools: AppProcessTools) {
    this.#launch = launch;
    this.#tools = tools;
    const { file, args, directory, environment, ids, stopSignal } = launch;
    this.#child = spawn(file, args, {
      cwd: directory,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...ids,
    });
    this.pid = this.#child.pid ?? 0;
    if (this.pid !== 0) tools.watchdog.add(this.pid, stopSignal);
    const outputs = [this.#child.stdout, this.#child.stderr].map((output) => this.#read(output));
    this.ended = this.#end(outputs);
  }

  /** Asks it to end by its stop signal; kills what is left of its group after `milliseconds`. Resolves as {@link ended}. */
  stop(milliseconds: number): Promise<string> {
    if (this.#gone) return this.ended;
    this.#child.kill(this.#launch.stopSignal);
    const deadline = this.#tools.clock.after(milliseconds, () => this.kill());
    return this.ended.finally(() => deadline.cancel());
  }

  /** Ends it and its group at once. */
  kill(): void {
    if (this.pid === 0 || this.#gone) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // Nobody is left in it.
    }
  }

  async #end(outputs: readonly Promise<void>[]): Promise<string> {
    const how = await new Promise<string>((resolve) => {
      this.#child.once('error', (error) => resolve(this.#explain(error)));
      this.#child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
    this.kill();
    this.#gone = true;
    if (this.pid !== 0) this.#tools.watchdog.remove(this.pid);
    await Promise.race([
      Promise.all(outputs),
      new Promise<void>((resolve) => this.#tools.clock.after(outputGrace, resolve)),
    ]);
    return how;
  }

  #explain(error: Error): string {
    const { directory, file } = this.#launch;
    if (systemErrorCode(error) === 'ENOENT') return `not started: there is no ${file}, or no directory ${directory}`;
    if (systemErrorCode(error) === 'EACCES') {
      return `not started: its user may not run ${file}, or may not enter ${directory}`;
    }
    return `not started: ${describeError(error)}`;
  }

  #read(output: Readable | null): Promise<void> {
    if (output === null) return Promise.resolve();
    const splitter = new LineSplitter((line) => this.#tools.onLine(line, this.pid));
    output.on('data', (bytes: Buffer) => splitter.write(bytes));
    output.on('error', () => {});
    return new Promise((resolve) => {
      output.once('close', () => {
        splitter.end();
        resolve();
      });
    });
  }
}
