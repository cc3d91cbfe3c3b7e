import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { AppSettings, StopSignal } from '../../model/app.ts';
import { UserError } from '../../model/errors.ts';
import { type Account, isForeign } from './account.ts';
import type { Endpoint } from './endpoint.ts';
import { appEnvironment } from './environment.ts';
import { findProgram } from './programs.ts';
import { findPythonServer, serverCommand } from './python-server.ts';

/** A process to start. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Set by the system before the program runs; null: as this process. */
  readonly ids: { readonly uid: number; readonly gid: number } | null;
  readonly stopSignal: StopSignal;
  /** What it is, for people. */
  readonly title: string;
}

/** How to start one process of an app. `loader`: the directory of the loader module. Rejects with a UserError that says what is missing. */
export async function planLaunch(
  settings: AppSettings,
  account: Account,
  endpoint: Endpoint,
  loader: string,
): Promise<Launch> {
  const { home: directory } = settings;
  const own = Object.fromEntries(
    Object.entries(settings.environment).map(([name, value]) => [name, endpoint.fill(value)]),
  );
  const environment = { ...appEnvironment(account, { ...endpoint.variables, ...own }) };
  const { words, title, stopSignal } = await commandOf(settings, endpoint, environment, loader);
  const plain = { directory, environment, stopSignal: settings.stopSignal ?? stopSignal };
  return { ...plain, ...(await asAccount(words, account)), title: `${title} as ${account.user}` };
}

interface Command {
  readonly words: readonly string[];
  readonly title: string;
  readonly stopSignal: StopSignal;
}

async function commandOf(
  { program, stopTimeout, home }: AppSettings,
  endpoint: Endpoint,
  environment: Record<string, string>,
  loader: string,
): Promise<Command> {
  if (program.kind === 'command') {
    const [name = '', ...args] = program.words.map((word) => endpoint.fill(word));
    const file = name.includes('/') ? findProgram(absolute(name, home)) : findProgram(name, pathOf(environment));
    if (file === null) {
      throw new UserError(`there is no program ${name}`, {
        code: 'no-program',
        cure: 'Install it, or name it with its whole path in run:.',
      });
    }
    return { words: [file, ...args], title: [basename(name), ...args].join(' ').slice(0, 80), stopSignal: 'SIGTERM' };
  }
  const installed = await findPythonServer(program);
  Object.assign(environment, pythonVariables(program, loader, environment.PYTHONPATH));
  const socket = endpoint.target.kind === 'unix' ? endpoint.target.path : '';
  const entry = 'script' in program.entry ? basename(program.entry.script) : program.entry.module;
  return {
    words: serverCommand(installed, program, socket, Math.max(1, Math.ceil(stopTimeout / 1000))),
    title: `${installed.server} ${entry}`,
    // Waitress ends its requests first only when interrupted.
    stopSignal: installed.server === 'waitress' ? 'SIGINT' : 'SIGTERM',
  };
}

function absolute(name: string, home: string): string {
  return name.startsWith('/') ? name : `${home}/${name}`;
}

function pathOf({ PATH = '' }: Record<string, string>): string[] {
  return PATH.split(':').filter((place) => place.startsWith('/'));
}

/** What the loader module reads; see python-loader.ts. */
function pythonVariables(
  { kind, entry, virtualenv }: Exclude<AppSettings['program'], { kind: 'command' }>,
  loader: string,
  path: string | undefined,
): Record<string, string> {
  return {
    PYTHONPATH: path ? `${loader}:${path}` : loader,
    // What the app prints is seen when it is printed.
    PYTHONUNBUFFERED: '1',
    SALLYPORT_INTERFACE: kind,
    SALLYPORT_CALLABLE: entry.callable,
    ...('script' in entry ? { SALLYPORT_SCRIPT: entry.script } : { SALLYPORT_MODULE: entry.module }),
    ...(virtualenv !== null && { SALLYPORT_VIRTUALENV: virtualenv, VIRTUAL_ENV: virtualenv }),
  };
}

/** The runtime clears supplementary groups when it sets user and group: where there are some, setpriv sets all three. */
async function asAccount(
  [file = '', ...args]: readonly string[],
  account: Account,
): Promise<Pick<Launch, 'file' | 'args' | 'ids'>> {
  if (process.geteuid?.() !== 0) {
    if (!isForeign(account)) return withoutCapabilities(file, args);
    throw new UserError(`only root can run an app as ${account.user}`, {
      code: 'not-root',
      cure: 'Start Sallyport as root, or take user: and group: out.',
    });
  }
  const { uid, gid, groups } = account;
  if (groups.length === 0) return { file, args, ids: { uid, gid } };
  const setpriv = findProgram('setpriv');
  if (setpriv === null) {
    throw new UserError(`setpriv is missing, which gives ${account.user} its supplementary groups`, {
      code: 'no-setpriv',
      cure: 'Install util-linux, or write groups: [] to run the app without them.',
    });
  }
  const options = [`--reuid=${uid}`, `--regid=${gid}`, `--groups=${groups.join(',')}`, '--'];
  return { file: setpriv, args: [...options, file, ...args], ids: null };
}

/** What the service may do more than its user, such as binding low ports, its apps need not. */
function withoutCapabilities(file: string, args: readonly string[]): Pick<Launch, 'file' | 'args' | 'ids'> {
  const setpriv = hasAmbientCapabilities() ? findProgram('setpriv') : null;
  if (setpriv === null) return { file, args, ids: null };
  return { file: setpriv, args: ['--inh-caps=-all', '--ambient-caps=-all', '--', file, ...args], ids: null };
}

function hasAmbientCapabilities(): boolean {
  try {
    return /^CapAmb:\s*0*[1-9a-f]/m.test(readFileSync('/proc/self/status', 'utf8'));
  } catch {
    return false;
  }
}
