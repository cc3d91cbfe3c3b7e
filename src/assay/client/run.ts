import { type ChildProcess, spawn } from 'node:child_process';
import { systemErrorCode, UserError } from '../../model/errors.ts';

/** How the command ended. */
export interface ClientRun {
  /** Null when it was ended by a signal. */
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  /** The last line it printed about certificates, or else the last one; at most 200 characters, without control characters. */
  readonly said: string;
}

export interface ClientOptions {
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  /** Milliseconds after which it is killed with all its children. */
  readonly timeout: number;
  /** Ends it at once. */
  readonly signal: AbortSignal;
}

/** Only the end of what is printed is kept, octets. */
const kept = 4096;

function tellingLine(text: string): string {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const telling = lines.findLast((line) => /certificate|ssl: /i.test(line)) ?? lines.at(-1) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing control characters is the point
  return telling.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 200);
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (piece: string) => {
    text = (text + piece).slice(-kept);
  });
  return () => text;
}

/** Runs the client to its end. Throws a UserError when there is no such program. */
export async function runClient({ command, env, directory, timeout, signal }: ClientOptions): Promise<ClientRun> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd: directory, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child);
  }, timeout);
  const abort = (): void => killGroup(child);
  signal.addEventListener('abort', abort);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error) => reject(cannotRun(program, error)));
      // What it left running would hold the pipes open, and its connections.
      child.once('exit', () => killGroup(child));
      child.once('close', (code) => resolve(code));
    });
    return { exitCode, timedOut, said: tellingLine(stderr()) || tellingLine(stdout()) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

function cannotRun(program: string, error: unknown): UserError {
  const why = systemErrorCode(error) === 'ENOENT' ? 'there is no such program' : systemErrorCode(error);
  return new UserError(`Cannot run ${JSON.stringify(program)}: ${why}`, {
    code: 'client-missing',
    cure: 'Name the client as you would in a shell: sallyport assay -- curl --cacert {ca} {url}',
    cause: error,
    exitCode: 2,
  });
}
