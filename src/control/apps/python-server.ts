import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AppProgram, PythonServer } from '../../model/app.ts';
import { UserError } from '../../model/errors.ts';
import { findProgram, programIn } from './programs.ts';
import { loaderModule } from './python-loader.ts';

type PythonProgram = Extract<AppProgram, { kind: 'wsgi' | 'asgi' }>;

/** An installed server for Python apps. */
interface InstalledServer {
  readonly server: PythonServer;
  /** The words its command begins with. */
  readonly words: readonly string[];
}

/** Servers by what they speak, the first choice first, and the Debian package of each. */
const choices: Readonly<Record<PythonProgram['kind'], readonly PythonServer[]>> = {
  wsgi: ['gunicorn', 'uwsgi', 'waitress'],
  asgi: ['uvicorn'],
};

const packages: Readonly<Record<PythonServer, string>> = {
  gunicorn: 'gunicorn',
  uwsgi: 'uwsgi-plugin-python3',
  waitress: 'python3-waitress',
  uvicorn: 'uvicorn',
};

/** The server an app is to run on: one that its virtualenv has of its own, else one of the system's. Rejects with a UserError `no-python-server` that says what to install. */
export async function findPythonServer({ kind, server, virtualenv }: PythonProgram): Promise<InstalledServer> {
  const wanted = server === null ? choices[kind] : [server];
  const own = virtualenv === null ? null : join(virtualenv, 'bin');
  const finders = [...(own === null ? [] : [(name: string) => programIn(own, name)]), findProgram];
  for (const find of finders) {
    for (const one of wanted) {
      const words = await commandOf(one, find);
      if (words !== null) return { server: one, words };
    }
  }
  const [best = 'gunicorn'] = wanted;
  const inVirtualenv = own === null ? '' : `, or \`${join(own, 'pip')} install ${best}\``;
  const missing =
    server === null ? `no server for ${kind.toUpperCase()} apps is installed` : `${server} is not installed`;
  throw new UserError(missing, {
    code: 'no-python-server',
    cure: `Install one: \`apt install ${packages[best]}\` on Debian and Ubuntu${inVirtualenv}.`,
  });
}

async function commandOf(server: PythonServer, find: (name: string) => string | null): Promise<string[] | null> {
  if (server === 'waitress') return listOf(find('waitress-serve'));
  if (server === 'gunicorn') return listOf(find('gunicorn'));
  if (server === 'uwsgi') return uwsgiCommand(find('uwsgi'));
  const program = find('uvicorn');
  if (program !== null) return [program];
  // Debian's package of the module has no program.
  const python = find('python3');
  return python !== null && (await succeeds(python, ['-c', 'import uvicorn'])) ? [python, '-m', 'uvicorn'] : null;
}

function listOf(path: string | null): string[] | null {
  return path === null ? null : [path];
}

/** Python is built into a uWSGI that pip has made, and is a plugin of the system's, which must be there and be asked for. */
async function uwsgiCommand(path: string | null): Promise<string[] | null> {
  if (path === null) return null;
  const plain = ['--no-site', '--version'];
  if (await succeeds(path, plain)) return [path];
  const withPlugin = ['--plugin', 'python3', '--no-site', '--version'];
  return (await succeeds(path, withPlugin)) ? [path, '--plugin', 'python3'] : null;
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await promisify(execFile)(program, [...args], { timeout: 10_000, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

/** Longer than the gate keeps an idle connection, so that no request meets a connection that the server closes; seconds. */
const keepAlive = '75';

/** The whole command of a server that listens on the Unix socket `socket`. `grace`: seconds it may take to end its last requests. */
export function serverCommand(
  { server, words }: InstalledServer,
  { threads, processes }: PythonProgram,
  socket: string,
  grace: number,
): readonly string[] {
  const entry = `${loaderModule}:application`;
  switch (server) {
    case 'gunicorn':
      return [
        ...words,
        ...['--bind', `unix:${socket}`, '--workers', String(processes), '--threads', String(threads)],
        // The heartbeat of a thread worker goes on while a request takes its time.
        ...['--worker-class', 'gthread', '--keep-alive', keepAlive, '--graceful-timeout', String(grace)],
        // The gate has limits of its own for what comes in.
        ...['--limit-request-line', '0', '--limit-request-field_size', '0', '--limit-request-fields', '4096'],
        entry,
      ];
    case 'uwsgi':
      return [
        ...words,
        ...['--http-socket', socket, '--chmod-socket=666', '--module', entry, '--need-app', '--master'],
        ...['--processes', String(processes), '--threads', String(threads), '--enable-threads', '--no-orphans'],
        // It ends the connection with each answer, and without this line does not say so.
        ...['--add-header', 'Connection: close'],
        // Its own habit on SIGTERM is to begin anew.
        ...['--hook-master-start', 'unix_signal:15 gracefully_kill_them_all', '--worker-reload-mercy', String(grace)],
        ...['--disable-logging', '--buffer-size', '65535', '--auto-procname'],
      ];
    case 'waitress':
      return [
        ...words,
        ...[`--unix-socket=${socket}`, '--unix-socket-perms=666', `--threads=${threads}`],
        ...['--channel-timeout=120', '--no-clear-untrusted-proxy-headers', entry],
      ];
    case 'uvicorn':
      return [
        ...words,
        ...['--uds', socket, '--workers', String(processes), '--timeout-keep-alive', keepAlive],
        ...['--proxy-headers', '--forwarded-allow-ips', '*', '--no-access-log', entry],
      ];
  }
}
