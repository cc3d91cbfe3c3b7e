import { z } from 'zod';
import { pythonServers, stopSignals } from '../../model/app.ts';
import { commandSchema } from './command.ts';
import { type Fault, fail, type Outcome, parsed } from './fault.ts';
import { parseCount, parseDuration } from './quantity.ts';

/** The schema of `app`: an app that the gate runs itself. */

const numberOrText = (wanted: string) => z.union([z.number(), z.string()], { error: wanted });

const text = (wanted: string) => z.string({ error: wanted }).min(1, { error: wanted });

const count = (what: string, byDefault: number) =>
  parsed(numberOrText('a whole number from 1 to 1000'), (value) => parseCount(value, 1, 1000))
    .optional()
    .meta({ description: what, default: byDefault, examples: [byDefault, 4] });

const duration = (what: string, byDefault: string) =>
  parsed(numberOrText('a duration such as 10s or 5m'), parseLongDuration)
    .optional()
    .meta({ description: what, default: byDefault, examples: [byDefault] });

function parseLongDuration(value: string | number): Outcome<number> {
  const outcome = parseDuration(value);
  return outcome.value === 0 ? fail('no time at all', { wanted: 'a duration such as 10s or 5m' }) : outcome;
}

/** Where a Python callable is, its path not yet absolute. */
export type ParsedEntry =
  | { readonly script: string; readonly callable: string }
  | { readonly module: string; readonly callable: string };

const entryForm = 'a script such as /var/www/app/app.wsgi, or module:callable such as app:app';
const name = /^[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*$/u;

function parseEntry(written: string): Outcome<ParsedEntry> {
  const [, place = written, callable] = /^(.*?)(?::([^:/]*))?$/s.exec(written) ?? [];
  const wanted = entryForm;
  if (place === '' || written.includes('\0') || (callable !== undefined && !name.test(callable)))
    return fail('not an app', { wanted });
  // `shop.wsgi:application` is how Django calls a module.
  const isScript = place.includes('/') || (callable === undefined ? /\.(?:wsgi|asgi|py)$/ : /\.py$/).test(place);
  const found = { callable: callable ?? 'application' };
  if (isScript) return { value: { script: place, ...found } };
  return name.test(place) ? { value: { module: place, ...found } } : fail('not an app', { wanted });
}

const entry = (kind: string) =>
  parsed(text(entryForm), parseEntry)
    .optional()
    .meta({
      description: `A ${kind} app in Python: a script as mod_wsgi takes it (it defines application; relative to the configuration file), or module:callable, whose module is looked for in home. It is run by an installed ${kind === 'WSGI' ? 'gunicorn, uWSGI or waitress' : 'uvicorn'}, on a Unix socket of its own.`,
      examples: kind === 'WSGI' ? ['/var/www/app/app.wsgi', 'app:app'] : ['app:app'],
    });

const variable = z.union([z.string(), z.number(), z.boolean()], { error: 'a text' });

function parseVariables(written: Readonly<Record<string, z.output<typeof variable>>>): Outcome<Record<string, string>> {
  const faults: Fault[] = [];
  for (const [key, value] of Object.entries(written)) {
    if (!/^[A-Za-z_]\w*$/.test(key)) faults.push({ what: 'not the name of a variable', below: [key], onKey: true });
    else if (String(value).includes('\0')) faults.push({ what: 'a NUL in a variable', below: [key], onKey: true });
  }
  if (faults.length > 0) return { faults };
  return { value: Object.fromEntries(Object.entries(written).map(([key, value]) => [key, String(value)])) };
}

const account = (what: string) =>
  parsed(numberOrText(`the name of a ${what}`), (value) => ({ value: String(value) })).optional();

const reloadForm = 'true, a path or a list of paths';

const appObject = z.strictObject(
  {
    run: commandSchema('[node, app.js]')
      .optional()
      .meta({
        description:
          'The program to run and its arguments, without a shell; it must stay in the foreground. It is told in the variable PORT on which port of 127.0.0.1 to listen, and by {port} in its arguments and variables. An app that names {socket} there gets the path of a Unix socket instead, also in SALLYPORT_SOCKET.',
        examples: [
          ['node', 'app.js'],
          ['./server', '--listen', 'unix:{socket}'],
        ],
      }),
    port: parsed(numberOrText('a port from 1 to 65535'), (value) => parseCount(value, 1, 65_535))
      .optional()
      .meta({
        description:
          'The port of 127.0.0.1 that a program always listens on. Two of it cannot run at the same time: on a restart requests wait until the new one is ready.',
        examples: [8080],
      }),
    wsgi: entry('WSGI'),
    asgi: entry('ASGI'),
    server: z
      .enum([...pythonServers], { error: `one of ${pythonServers.join(', ')}` })
      .optional()
      .meta({
        description: 'The server for a Python app. Default: the first one that is installed.',
        examples: ['uwsgi'],
      }),
    user: account('user').meta({
      description:
        'The user it runs as. Only a Sallyport that stays root can choose: with a user: of its own it runs its apps as that. Default: the one that runs Sallyport.',
      examples: ['www-data'],
    }),
    group: account('group').meta({ description: "Its group. Default: the user's own.", examples: ['www-data'] }),
    groups: z
      .array(numberOrText('the name of a group').transform(String), { error: 'a list of groups, as in [adm]' })
      .optional()
      .meta({ description: 'Its supplementary groups. Default: those the user is in.', examples: [['adm']] }),
    home: text('a directory')
      .optional()
      .meta({
        description:
          'Working directory, also the first place where Python looks for modules; relative to the configuration file. Default: the directory of the script, else of the configuration file.',
        examples: ['/var/www/app'],
      }),
    threads: count('Threads of each process of a WSGI app.', 15),
    processes: count('Processes of a Python app.', 1),
    virtualenv: text('a directory')
      .optional()
      .meta({
        description:
          'Virtual environment of a Python app; relative to the configuration file. A server that is installed in it comes before the others.',
        examples: ['/var/www/app/venv'],
      }),
    environment: parsed(z.record(z.string(), variable, { error: 'variables, as in {NAME: value}' }), parseVariables)
      .optional()
      .meta({
        description:
          'Environment variables. The app gets these, PATH, HOME, USER, LANG, TZ and the like; nothing else of the environment of Sallyport.',
        default: {},
        // biome-ignore lint/suspicious/noTemplateCurlyInString: how configurations name environment variables
        examples: [{ DATABASE_URL: '${DATABASE_URL}' }],
      }),
    reload: z
      .union([z.boolean(), text(reloadForm).transform((path) => [path]), z.array(text(reloadForm))], {
        error: reloadForm,
      })
      .optional()
      .meta({
        description:
          'Files whose change or touch starts the app anew, and directories for the files in them; relative to the configuration file. true: the script.',
        default: false,
        examples: [true, ['/var/www/app/app.wsgi']],
      }),
    ready: parsed(text('a path such as /health'), parseReady)
      .optional()
      .meta({
        description:
          'Path that is answered with 2xx or 3xx once the app is ready. Default: any answer to HEAD / will do.',
        examples: ['/health'],
      }),
    startTimeout: duration('From the start of a process until it must be ready.', '60s'),
    stopSignal: z
      .enum([...stopSignals], { error: `one of ${stopSignals.join(', ')}` })
      .optional()
      .meta({
        description: 'The signal that asks it to end. Default: SIGTERM; SIGINT for waitress.',
        examples: ['SIGINT'],
      }),
    stopTimeout: duration('From that signal until it and all that it has started is killed.', '10s'),
  },
  { error: 'a mapping with run, wsgi or asgi, as in {run: [node, app.js]}' },
);

function parseReady(path: string): Outcome<string> {
  if (/^\/[\x21-\x7e]*$/.test(path) && !path.includes('#')) return { value: path };
  return fail('not a path', { wanted: 'a path such as /health' });
}

type AppInput = z.output<typeof appObject>;

/** What is run, of the three forms. */
type ParsedProgram =
  | { readonly kind: 'command'; readonly words: readonly string[]; readonly port: number | null }
  | { readonly kind: 'wsgi' | 'asgi'; readonly entry: ParsedEntry };

/** An app as written, its program found; paths not yet absolute. */
export type ParsedApp = Omit<AppInput, 'run' | 'port' | 'wsgi' | 'asgi'> & { readonly main: ParsedProgram };

const onlyPython = ['server', 'threads', 'processes', 'virtualenv'] as const;

function toApp(input: AppInput): Outcome<ParsedApp> {
  const { run, port, wsgi, asgi, ...rest } = input;
  const written = (['run', 'wsgi', 'asgi'] as const).filter((key) => input[key] !== undefined);
  const [first, second] = written;
  if (first === undefined) {
    return fail('an app without a program', {
      wanted: 'run:, wsgi: or asgi:',
      cure: 'As in app: {run: [node, app.js]}.',
    });
  }
  if (second !== undefined) {
    return fail(`both ${first} and ${second}`, { cure: 'Keep one of them.', below: [second], onKey: true });
  }
  const faults = faultsOf(input, first);
  if (faults.length > 0) return { faults };
  if (run !== undefined) return { value: { ...rest, main: { kind: 'command', words: run, port: port ?? null } } };
  if (wsgi !== undefined) return { value: { ...rest, main: { kind: 'wsgi', entry: wsgi } } };
  return asgi === undefined
    ? fail('an app without a program')
    : { value: { ...rest, main: { kind: 'asgi', entry: asgi } } };
}

function faultsOf(input: AppInput, kind: 'run' | 'wsgi' | 'asgi'): Fault[] {
  const { server, processes = 1, port } = input;
  const takeOut = 'Take it out.';
  const needless = (key: keyof AppInput, what: string, cure = takeOut): Fault => ({
    what,
    cure,
    below: [key],
    onKey: true,
  });
  const faults: Fault[] = [];
  if (kind === 'run') {
    for (const key of onlyPython) if (input[key] !== undefined) faults.push(needless(key, 'only for wsgi and asgi'));
    const asksForSocket = [...(input.run ?? []), ...Object.values(input.environment ?? {})].join().includes('{socket}');
    if (port !== undefined && asksForSocket) faults.push(needless('port', 'a port, and {socket} in the command'));
    if (input.reload === true) {
      faults.push({ what: 'true is for scripts', wanted: 'a path or a list of paths', below: ['reload'] });
    }
    return faults;
  }
  if (port !== undefined)
    faults.push(needless('port', 'only for run', `${takeOut} The server gets a socket of its own.`));
  if (kind === 'asgi' && input.threads !== undefined) faults.push(needless('threads', 'only for wsgi'));
  if (server !== undefined && (server === 'uvicorn') !== (kind === 'asgi')) {
    const wanted = kind === 'asgi' ? 'uvicorn' : 'gunicorn, uwsgi or waitress';
    faults.push({ what: `a server that does not run ${kind} apps`, wanted, below: ['server'] });
  }
  if (server === 'waitress' && processes > 1) {
    faults.push(needless('processes', 'waitress has one process', `${takeOut} It has threads:.`));
  }
  if (input.reload === true && !(input[kind] && 'script' in input[kind])) {
    faults.push({ what: 'true is for scripts', wanted: 'a path or a list of paths', below: ['reload'] });
  }
  return faults;
}

/** An app that the gate runs. */
export const appSchema = parsed(appObject, toApp);

/** What the `app` key of sites and routes is for. */
export const appMeta = {
  description:
    'An app that Sallyport runs itself, instead of a target in to. It is started again when it ends, its output goes to the error log, and requests wait while it starts.',
  examples: [
    { wsgi: '/var/www/app/app.wsgi', user: 'www-data', group: 'www-data', threads: 5, home: '/var/www/app' },
    { run: ['node', 'app.js'], port: 8080 },
  ],
};
