/** Runs the command line over fake parts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { runCommandLine } from '../../src/cli/program.ts';
import type { Output } from '../../src/cli/terminal.ts';
import { fakeParts } from './fake-parts.ts';

const entry = join(import.meta.dirname, 'fake-main.ts');
const compileCache = join(import.meta.dirname, '../../node_modules/.cache/sallyport');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory of its own for a test, removed afterwards. */
export function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-cli-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A command line started as a process of its own. */
export class Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Finished>;
  #stdout = '';
  #stderr = '';
  readonly #watchers = new Set<() => void>();

  constructor(directory: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(process.execPath, [entry, ...args], {
      cwd: directory,
      env: {
        PATH: process.env.PATH,
        HOME: directory,
        NODE_COMPILE_CACHE: compileCache,
        FAKE_STATE: join(directory, 'state'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.pid = this.child.pid ?? 0;
    if (!this.child.stdout || !this.child.stderr) throw new Error('no pipes');
    createInterface(this.child.stdout).on('line', (line) => {
      this.#stdout += `${line}\n`;
      for (const watcher of this.#watchers) watcher();
    });
    createInterface(this.child.stderr).on('line', (line) => {
      this.#stderr += `${line}\n`;
      for (const watcher of this.#watchers) watcher();
    });
    this.ended = once(this.child, 'close').then(([code]) => ({ code, stdout: this.#stdout, stderr: this.#stderr }));
  }

  /** Resolves when a line of either output matches; rejects when the process ends without one. */
  async printed(pattern: RegExp): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (pattern.test(this.#stdout) || pattern.test(this.#stderr)) resolve();
    };
    this.#watchers.add(look);
    look();
    const gone = this.ended.then(({ code, stderr }) => {
      look();
      throw new Error(`ended with ${code} before printing ${pattern}: ${stderr}`);
    });
    await Promise.race([promise, gone]);
    this.#watchers.delete(look);
  }
}

/** Starts the command line in `directory` as a process of its own; it is killed after the test if it still runs. */
export function start(
  t: TestContext,
  directory: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Running {
  const running = new Running(directory, args, env);
  running.ended.catch(() => {});
  t.after(() => running.child.kill('SIGKILL'));
  return running;
}

/** Runs a command line that ends by itself, in this process: quicker, and the same but for the streams. */
export async function finish(
  directory: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Finished> {
  const printed = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr'): Output => ({
    line: (text = '') => {
      printed[name] += `${text}\n`;
    },
    paint: (_style, text) => text,
  });
  const parts = fakeParts({ FAKE_STATE: join(directory, 'state'), ...env });
  const code = await runCommandLine(args, parts, { out: output('stdout'), err: output('stderr'), env, directory });
  return { code, ...printed };
}
