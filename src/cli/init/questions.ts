import { existsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { type CANCEL_SYMBOL, confirm, isCancel, log, password, select, text } from '@clack/prompts';
import { ConfigError, type Finding } from '../../control/config/problems.ts';
import { settingsFromObject } from '../../control/config/read-settings.ts';
import { findLocalListeners, type LocalListener } from '../../control/machine/local-listeners.ts';
import { UserError } from '../../model/errors.ts';
import { isInternalHost } from '../../model/host.ts';
import { nameFault } from '../../passwords/htpasswd.ts';
import { passwordFault } from '../../passwords/make-hash.ts';
import type { AppChoice, Choices, SiteChoice, TlsChoice, UserChoice } from './choices.ts';
import { certificateNote, configOf } from './compose.ts';
import { commandWords, comparableNames, emailFault, namesFault, pathsFault, targetFault, wordsOf } from './faults.ts';

/** What is said to people goes to the error output. */
const output = process.stderr;

/** Asks until there is a whole configuration for `file`. Rejects when the user gives up; nothing is written. */
export async function askChoices(file: string): Promise<Choices> {
  const sites: SiteChoice[] = [];
  let user: UserChoice | null = null;
  do {
    const site = await askSite(file, sites);
    if (site.guarded && user === null) user = await askUser(file);
    sites.push(site);
  } while (await ask(confirm({ message: 'Another site?', initialValue: false, output })));
  return { sites, email: sites.some(asksPublicCa) ? await askEmail() : '', user };
}

/** Whether to write, after the user has seen what. */
export function askConsent(file: string, isThere: boolean): Promise<boolean> {
  const message = isThere ? `${file} is there already. Replace it?` : `Write ${file}?`;
  return ask(confirm({ message, initialValue: !isThere, output }));
}

/** The answer, or the user has had enough. */
async function ask<T>(question: Promise<T | typeof CANCEL_SYMBOL>): Promise<T> {
  const answer = await question;
  if (!isCancel(answer)) return answer;
  throw new UserError('given up; nothing was written', { code: 'given-up' });
}

/** A line of text that `fault` has nothing against; an empty one is `byDefault`. */
async function askText(message: string, byDefault: string, fault: (text: string) => string | null): Promise<string> {
  const answer = await ask(
    text({
      message,
      placeholder: byDefault,
      defaultValue: byDefault,
      validate: (written) => fault(written?.trim() || byDefault) ?? undefined,
      output,
    }),
  );
  return answer.trim() || byDefault;
}

function asksPublicCa({ names, tls }: SiteChoice): boolean {
  return tls === 'auto' && !isInternalHost(names[0] ?? '');
}

async function askSite(file: string, others: readonly SiteChoice[]): Promise<SiteChoice> {
  const taken = others.flatMap(({ names }) => names);
  const suggested = `${others.length === 0 ? hostname().split('.')[0] : `site${others.length + 1}`}.internal`;
  const written = await askText(
    'By which name shall people reach it? (several: the main one first)',
    comparableNames([suggested])[0] ?? 'app.internal',
    (answer) => namesFault(wordsOf(answer), taken),
  );
  const names = comparableNames(wordsOf(written));
  const tls = await askTls(file, names);
  const app = await askApp(file, names);
  const paths = app.kind === 'target' ? await askPaths() : [];
  const guarded = await ask(
    confirm({ message: 'Shall it ask for a name and a password first?', initialValue: false, output }),
  );
  return { names, tls, app, paths, guarded };
}

async function askTls(file: string, names: readonly string[]): Promise<TlsChoice> {
  const note = (tls: TlsChoice): string => certificateNote({ names, tls });
  const internal = isInternalHost(names[0] ?? '');
  const kind = await ask(
    select({
      message: internal
        ? `No public CA vouches for ${names[0]}. HTTPS how?`
        : `${names[0]} is a public name. HTTPS how?`,
      options: [
        { value: 'auto' as const, label: internal ? 'the in-house CA' : "Let's Encrypt", hint: note('auto') },
        ...(internal ? [] : [{ value: 'internal' as const, label: 'the in-house CA', hint: note('internal') }]),
        { value: 'files' as const, label: 'certificate files that I have', hint: note({ certificate: '', key: '' }) },
        { value: 'off' as const, label: 'no HTTPS', hint: note('off') },
      ],
      output,
    }),
  );
  if (kind !== 'files') return kind;
  const named = (what: string, byDefault: string): Promise<string> =>
    askText(what, byDefault, (path) =>
      existsSync(join(dirname(file), path)) || existsSync(path) ? null : `${path}: there is no such file`,
    );
  const certificate = await named(
    'File with the certificate, and after it the intermediates (PEM)',
    `/etc/ssl/${names[0]}.pem`,
  );
  const key = await named('File with its key', certificate.replace(/\.\w+$/, '.key'));
  const tls = { certificate, key };
  const fault = tryOut(file, { names, tls, app: { kind: 'target', to: '1' }, paths: [], guarded: false });
  if (fault === null) return tls;
  log.error(fault, { output });
  return askTls(file, names);
}

async function askApp(file: string, names: readonly string[]): Promise<AppChoice> {
  const found = (await findLocalListeners()).filter(mayBeApp);
  const listeners = [...found.filter(isLoopback), ...found.filter((one) => !isLoopback(one))];
  const kind = await ask(
    select<string>({
      message: 'Where is the app?',
      options: [
        ...listeners.map(listenerOption),
        { value: 'elsewhere', label: 'another port or address', hint: 'it need not run yet' },
        { value: 'run', label: 'nowhere yet: Sallyport shall run it' },
      ],
      output,
    }),
  );
  if (kind === 'run') return askProgram(file, names);
  if (kind !== 'elsewhere') return { kind: 'target', to: kind };
  const message = 'Its port, host:port, http://host:port or unix:/path';
  return { kind: 'target', to: await askText(message, '8080', targetFault) };
}

/** Ports below 1024 are those of the machine's own services. */
function mayBeApp({ port, owner }: LocalListener): boolean {
  return port >= 1024 && !(owner?.kind === 'process' && (owner.pid === process.pid || owner.name === 'Sallyport'));
}

function isLoopback({ host }: LocalListener): boolean {
  return host.startsWith('127.') || host === '::1';
}

function listenerOption(one: LocalListener): { value: string; label: string; hint?: string } {
  const { port, owner } = one;
  const who = owner?.kind === 'process' ? owner.name : owner === null ? 'of another container' : `of ${owner.user}`;
  const option = { value: String(port), label: `port ${port}: ${who}` };
  return isLoopback(one)
    ? option
    : { ...option, hint: 'other machines reach it around Sallyport: bind it to 127.0.0.1' };
}

async function askProgram(file: string, names: readonly string[]): Promise<AppChoice> {
  const kind = await ask(
    select({
      message: 'What is it?',
      options: [
        {
          value: 'wsgi' as const,
          label: 'a Python WSGI app',
          hint: 'Flask, Django: a .wsgi script or module:callable',
        },
        { value: 'asgi' as const, label: 'a Python ASGI app', hint: 'FastAPI, Starlette' },
        { value: 'run' as const, label: 'any program', hint: 'it listens on the port that the variable PORT names' },
      ],
      output,
    }),
  );
  const message = {
    wsgi: 'Its script, or module:callable',
    asgi: 'Its script, or module:callable',
    run: 'Its command line',
  }[kind];
  const made = (written: string, user = ''): AppChoice =>
    kind === 'run' ? { kind, words: commandWords(written), user } : { kind, entry: written, user };
  const fault = (app: AppChoice): string | null => tryOut(file, { names, tls: 'off', app, paths: [], guarded: false });
  const written = await askText(message, kind === 'run' ? 'node app.js' : 'app.wsgi', (answer) => fault(made(answer)));
  const me = userInfo().username;
  const user = await askText(
    'As which user shall it run?',
    me === 'root' ? (process.env.SUDO_USER ?? 'www-data') : me,
    (answer) => fault(made(written, answer)),
  );
  return made(written, user);
}

async function askPaths(): Promise<string[]> {
  const whole = { message: 'All of its paths, or only some? (every other one is answered with 404)', output };
  const some = await ask(
    select({
      ...whole,
      options: [
        { value: false, label: 'all' },
        { value: true, label: 'only some' },
      ],
    }),
  );
  if (!some) return [];
  return wordsOf(
    await askText('Which? (each with what is below it)', '/sync /msync', (answer) => pathsFault(wordsOf(answer))),
  );
}

async function askUser(file: string): Promise<UserChoice> {
  const users = join(dirname(file), 'users.htpasswd');
  const about = existsSync(users) ? 'is there; the user is added to it' : 'is made, for you alone to read';
  log.info(`${users} ${about}. More users: sallyport user add ${users} NAME`, { output });
  const name = await askText(
    'Name of the first user',
    userInfo().username,
    (answer) => nameFault(answer)?.what ?? null,
  );
  for (;;) {
    const first = await ask(
      password({
        message: `Password of ${name}`,
        validate: (word) => passwordFault(word ?? '', 'bcrypt')?.what,
        output,
      }),
    );
    if ((await ask(password({ message: 'The same again', output }))) === first)
      return { file: users, name, password: first };
    log.error('The two differ.', { output });
  }
}

function askEmail(): Promise<string> {
  return askText("An address for the CA's letters about your certificates (optional)", '', emailFault);
}

/** What the configuration's own validation has against one site, or doubts of its app; without the place. Null: nothing. */
function tryOut(file: string, site: SiteChoice): string | null {
  try {
    const { warnings } = settingsFromObject(configOf({ sites: [site], email: '', user: null }, ''), dirname(file));
    return bare(warnings.find(({ message }) => /\.app\.\w+: /.test(message)));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return bare(error.problems[0]);
  }
}

function bare(finding: Finding | undefined): string | null {
  if (finding === undefined) return null;
  const message = finding.message.replace(/^sites\.(?:"[^"]*"|[\w-]+)(?:\.(?:app|tls))?(?:\.\w+)?: /, '');
  return finding.cure === null ? message : `${message}; ${finding.cure}`;
}
