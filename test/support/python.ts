import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requirePart } from './parts.ts';
import { startProcess } from './process.ts';
import { makeDirectory, removeDirectory, type Scope } from './scope.ts';

/** A Python app that serves plain HTTP on 127.0.0.1. */
export interface PythonApp {
  readonly port: number;
  readonly directory: string;
  /** What it printed so far, both outputs. */
  output(): string;
}

/** A version manager's settings must not reach Debian's Python. */
const environment = { PYTHONPATH: undefined, PYTHONHOME: undefined, PYTHONUNBUFFERED: '1', VIRTUAL_ENV: undefined };

async function startPython(
  scope: Scope,
  source: string,
  args: readonly string[],
  ready: RegExp,
  command: string,
): Promise<PythonApp> {
  const directory = await makeDirectory();
  await writeFile(join(directory, 'app.py'), source);
  const program = startProcess(command, args, { cwd: directory, env: environment });
  const undo = async (): Promise<void> => {
    await program.stop();
    await removeDirectory(directory);
  };
  try {
    const [, port] = await program.printed(ready);
    scope.after(undo);
    return { port: Number(port), directory, output: () => program.stdout() + program.stderr() };
  } catch (error) {
    await undo();
    throw error;
  }
}

/** Runs a WSGI app, a module that defines `app`, under Debian's gunicorn. */
export function startGunicorn(scope: Scope, wsgiSource: string, ...options: string[]): Promise<PythonApp> {
  const args = ['--bind', '127.0.0.1:0', ...options, 'app:app'];
  return startPython(scope, wsgiSource, args, /Listening at: http:\/\/127\.0\.0\.1:(\d+)/, requirePart('gunicorn'));
}

/** Runs a Flask app, a module that defines `app`, with `flask run` of Debian's Flask. */
export function startFlaskRun(scope: Scope, appSource: string): Promise<PythonApp> {
  requirePart('flask');
  const args = ['-m', 'flask', '--app', 'app', 'run', '--host', '127.0.0.1', '--port', '0'];
  return startPython(scope, appSource, args, /Running on http:\/\/127\.0\.0\.1:(\d+)/, requirePart('python3'));
}
