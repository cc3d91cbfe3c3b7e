import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** How a program ended, and everything it printed. */
export interface Finished {
  /** Exit code, or null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly cwd?: string;
  /** Added to the environment; undefined removes a name from it. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A program that keeps running until it is stopped. */
export interface RunningProcess {
  readonly pid: number;
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<Finished>;
  stdout(): string;
  stderr(): string;
  /** The first match on either output, what was already printed included. Rejects with all output if it ends or `milliseconds` pass first. */
  printed(pattern: RegExp, milliseconds?: number): Promise<RegExpMatchArray>;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL for whatever of its process group is left once it ended or after five seconds. */
  stop(): Promise<Finished>;
}

const graceMilliseconds = 5_000;
const running = new Set<ChildProcess>();
let guarded = false;

/** Children lead process groups of their own, so none survives this process, however it ends. */
function guard(): void {
  if (guarded) return;
  guarded = true;
  process.on('exit', () => {
    for (const child of running) killGroup(child);
  });
  for (const [name, number] of [['SIGINT', 2] as const, ['SIGTERM', 15] as const, ['SIGHUP', 1] as const]) {
    process.once(name, () => process.exit(128 + number));
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is already empty.
  }
}

function launch(command: string, args: readonly string[], options: StartOptions): ChildProcess {
  guard();
  const env = { ...process.env, ...options.env };
  const child = spawn(command, args, { cwd: options.cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.stdin?.on('error', () => {});
  return child;
}

/** Starts a program in a process group of its own. Its output is kept for failure messages. */
export function startProcess(command: string, args: readonly string[], options: StartOptions = {}): RunningProcess {
  const child = launch(command, args, options);
  child.stdin?.end();
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  const look = (): void => {
    for (const watcher of watchers) watcher();
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    look();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    look();
  });
  let spawnError: Error | null = null;
  let finished: Finished | null = null;
  const exited = new Promise<Finished>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      finished = { code, signal, stdout, stderr };
      killGroup(child);
      resolve(finished);
      look();
    };
    child.once('error', (error) => {
      spawnError = error;
      end(null, null);
    });
    child.once('exit', () => {
      // A left-over grandchild may hold the pipes open: kill it, or 'close' never comes.
      killGroup(child);
    });
    child.once('close', end);
  });
  const describe = (what: string): Error =>
    new Error(`${what}: ${command} ${args.join(' ')}\n--- stdout\n${stdout}--- stderr\n${stderr}`, {
      cause: spawnError ?? undefined,
    });
  return {
    pid: child.pid ?? 0,
    exited,
    stdout: () => stdout,
    stderr: () => stderr,
    printed(pattern, milliseconds = 20_000) {
      return new Promise((resolve, reject) => {
        const settle = (act: () => void): void => {
          clearTimeout(deadline);
          watchers.delete(watcher);
          act();
        };
        const watcher = (): void => {
          const match = stdout.match(pattern) ?? stderr.match(pattern);
          if (match) settle(() => resolve(match));
          else if (finished)
            settle(() => reject(describe(`ended (${child.exitCode ?? child.signalCode}) without printing ${pattern}`)));
        };
        const deadline = setTimeout(
          () => settle(() => reject(describe(`did not print ${pattern} within ${milliseconds} ms`))),
          milliseconds,
        );
        watchers.add(watcher);
        watcher();
      });
    },
    signal(name) {
      child.kill(name);
    },
    async stop() {
      if (finished) return finished;
      child.kill('SIGTERM');
      const kill = setTimeout(() => killGroup(child), graceMilliseconds);
      const result = await exited;
      clearTimeout(kill);
      return result;
    },
  };
}

export interface RunOptions extends StartOptions {
  readonly input?: string | Uint8Array;
  /** After this it is killed and the call rejects. Default 30 seconds. */
  readonly milliseconds?: number;
}

/** Runs a program to its end. A non-zero exit is a result, not an error. */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const child = launch(command, args, options);
  child.stdin?.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const milliseconds = options.milliseconds ?? 30_000;
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    killGroup(child);
  }, milliseconds);
  try {
    await once(child, 'close');
  } finally {
    clearTimeout(deadline);
  }
  if (late)
    throw new Error(`${command} ${args.join(' ')}: still running after ${milliseconds} ms\n${stdout}\n${stderr}`);
  return { code: child.exitCode, signal: child.signalCode, stdout, stderr };
}
