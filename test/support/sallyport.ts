import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Finished, type RunningProcess, runProcess, startProcess } from './process.ts';
import { makeDirectory, removeDirectory, type Scope } from './scope.ts';

/** The program's entry, run as users run it. */
export const sallyportEntry = resolve(import.meta.dirname, '../../src/cli/main.ts');

export interface RunningSallyport {
  readonly pid: number;
  /** Bound ports by scheme, in the order the `ready` line names them. */
  readonly ports: { readonly https: readonly number[]; readonly http: readonly number[] };
  /** The first HTTPS port; throws when there is none. */
  readonly https: number;
  /** The first plain HTTP port; throws when there is none. */
  readonly http: number;
  /** Holds the configuration file and, unless the configuration says otherwise, the state. */
  readonly directory: string;
  /** Empty when it was started with arguments. */
  readonly configFile: string;
  readonly process: RunningProcess;
  /** Everything printed so far, for failure messages. */
  output(): string;
  /** Writes a new configuration, if one is given, and runs `sallyport reload`. A refused reload is a result, not an error. */
  reload(yaml?: string): Promise<Finished>;
  /** SIGTERM; resolves when it has ended. Safe to call twice. */
  stop(): Promise<Finished>;
}

export interface SallyportOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How long to wait for the `ready` line. Default 20 seconds. */
  readonly milliseconds?: number;
  /** The program's entry, when it is to be another file than the checkout's. */
  readonly entry?: string;
  /** It may end while a successor of it goes on; `pid` is then that of a shell that outlives all. */
  readonly mayBeReplaced?: true;
  /** Limit on open files it runs under; the machine's own when left out. */
  readonly openFiles?: number;
}

/**
 * Starts Sallyport and waits for its `ready` line. A string is the text of a `sallyport.yaml`, to which a `state` in a
 * temporary directory is added if it names none; a list is the whole command line after the program's name.
 */
export async function startSallyport(
  scope: Scope,
  config: string | readonly string[],
  options: SallyportOptions = {},
): Promise<RunningSallyport> {
  const directory = await makeDirectory();
  const configFile = typeof config === 'string' ? join(directory, 'sallyport.yaml') : '';
  const withState = (yaml: string): string =>
    /^state:/m.test(yaml) ? yaml : `${yaml}\nstate: ${JSON.stringify(join(directory, 'state'))}\n`;
  if (typeof config === 'string') await writeFile(configFile, withState(config));
  const args = typeof config === 'string' ? ['run', '-c', configFile] : config;
  const env = { HOME: directory, XDG_STATE_HOME: undefined, ...options.env };
  const command = [process.execPath, options.entry ?? sallyportEntry, ...args] as const;
  const limit = options.openFiles === undefined ? '' : `ulimit -n ${options.openFiles}; `;
  const script = options.mayBeReplaced ? '"$@"; exec sleep 3600' : `${limit}exec "$@"`;
  const plain = limit === '' && !options.mayBeReplaced;
  const [launcher, ...launched] = plain ? command : (['sh', '-c', script, 'sh', ...command] as const);
  const program = startProcess(launcher, launched, { cwd: directory, env });
  scope.after(async () => {
    await program.stop();
    await removeDirectory(directory);
  });
  const [line] = await program.printed(/^ready .*$/m, options.milliseconds);
  const ports = readyPorts(line);
  return {
    pid: program.pid,
    ports,
    get https() {
      return first(ports.https, 'HTTPS');
    },
    get http() {
      return first(ports.http, 'HTTP');
    },
    directory,
    configFile,
    process: program,
    output: () => program.stdout() + program.stderr(),
    async reload(yaml) {
      if (yaml !== undefined) await writeFile(configFile, withState(yaml));
      return runSallyport(['reload', '-c', configFile], { cwd: directory, env });
    },
    stop: () => program.stop(),
  };
}

/** Runs one verb to its end. */
export function runSallyport(
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string | undefined>>; input?: string } = {},
): Promise<Finished> {
  return runProcess(process.execPath, [sallyportEntry, ...args], options);
}

/** The ports of every `http://…` and `https://…` address in a `ready` line. */
export function readyPorts(line: string): RunningSallyport['ports'] {
  const ports = { https: [] as number[], http: [] as number[] };
  for (const [, scheme, port] of line.matchAll(/\b(https?):\/\/(?:\[[^\]]*\]|[^\s/:]+):(\d+)/g)) {
    ports[scheme === 'https' ? 'https' : 'http'].push(Number(port));
  }
  return ports;
}

function first(ports: readonly number[], scheme: string): number {
  const port = ports[0];
  if (port === undefined) throw new Error(`Sallyport listens on no ${scheme} port`);
  return port;
}
