import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeHash } from '../../src/passwords/make-hash.ts';
import { runCurl } from '../support/clients.ts';
import { type RecordingBackend, recordingBackend } from '../support/recording-backend.ts';
import { type RunningSallyport, startSallyport } from '../support/sallyport.ts';
import { makeDirectory, removeDirectory, type Scope } from '../support/scope.ts';

/** An answer as curl saw it. */
export interface Answer {
  readonly status: number;
  /** Head and body. */
  readonly text: string;
  /** Value of the session cookie it gives, with its name; '' for none. */
  readonly cookie: string;
}

/** A gate with passwords in front of an app that records what it sees. */
export interface GuardedGate {
  readonly backend: RecordingBackend;
  readonly sallyport: RunningSallyport;
  readonly users: string;
  /** Asks for `path` of a site; `args` are curl's. */
  ask(site: string, path: string, ...args: string[]): Promise<Answer>;
  /** The same with a body. */
  upload(site: string, path: string, body: string, ...args: string[]): Promise<Answer>;
  /** The last request that the app got, with `ask` before it. */
  seen(): string;
}

/** Hashes cost their time once. */
const hashes = new Map<string, string>();

/** The line of a user in an htpasswd file. */
export function userLine(name: string, password: string): string {
  const hash = hashes.get(password) ?? makeHash(password, 'bcrypt');
  hashes.set(password, hash);
  return `${name}:${hash}\n`;
}

/** `sites` is YAML; in it PORT is the app's and USERS the file, which has alice and bob. */
export async function openGuardedGate(scope: Scope, sites: string, top = ''): Promise<GuardedGate> {
  const directory = await makeDirectory();
  scope.after(() => removeDirectory(directory));
  const users = join(directory, 'users');
  await writeFile(users, userLine('alice', 'secret') + userLine('bob', 'hunter2'), { mode: 0o600 });
  const backend = await recordingBackend(scope);
  const places = sites.replaceAll('PORT', String(backend.port)).replaceAll('USERS', users);
  const sallyport = await startSallyport(
    scope,
    `listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }\n${top}\nsites:\n${places}`,
  );
  const root = join(sallyport.directory, 'state/authority/root.pem');
  const send = async (site: string, path: string, input: string, args: readonly string[]): Promise<Answer> => {
    const [scheme, port] = site.startsWith('plain') ? ['http', sallyport.http] : ['https', sallyport.https];
    const place = ['--connect-to', `${site}:${port}:127.0.0.1:${port}`, '--cacert', root, '--include', '--path-as-is'];
    const { stdout, stderr } = await runCurl([...place, ...args, `${scheme}://${site}:${port}${path}`], { input });
    const status = Number(/^HTTP\/[\d.]+ (\d{3})/.exec(stdout)?.[1] ?? 0);
    const cookie = /^set-cookie: ((?:__Host-)?sallyport-[^=]+=[^;]*)/im.exec(stdout)?.[1] ?? '';
    return { status, text: stdout + stderr, cookie };
  };
  const ask: GuardedGate['ask'] = (site, path, ...args) => send(site, path, '', args);
  const upload: GuardedGate['upload'] = (site, path, body, ...args) =>
    send(site, path, body, ['--data-binary', '@-', ...args]);
  return { backend, sallyport, users, ask, upload, seen: () => backend.requests.at(-1)?.head ?? '' };
}
