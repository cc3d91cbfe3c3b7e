import type { AppSettings } from '../../model/app.ts';

/** A systemd unit that runs an app as Sallyport did, listening on a port of the loopback address. */
export function appUnit(app: AppSettings, port: number): string[] {
  const name = app.name.replaceAll(/[^A-Za-z0-9.-]+/g, '-');
  return [
    `The app ${app.name} must be run by somebody else now, on 127.0.0.1:${port}.`,
    `As /etc/systemd/system/${name}.service, then systemctl enable --now ${name}:`,
    '  [Service]',
    `  ExecStart=${commandOf(app, port).map(word).join(' ')}`,
    `  WorkingDirectory=${app.home}`,
    ...(app.user === null ? [] : [`  User=${app.user}`]),
    ...(app.group === null ? [] : [`  Group=${app.group}`]),
    ...(app.groups === null ? [] : [`  SupplementaryGroups=${app.groups.join(' ')}`]),
    `  Environment=PORT=${port}`,
    // Values may be secrets, which do not belong in this file.
    ...Object.keys(app.environment).map((key) => `  Environment=${key}=…`),
    ...(app.stopSignal === null ? [] : [`  KillSignal=${app.stopSignal}`]),
    `  TimeoutStopSec=${app.stopTimeout}ms`,
    '  Restart=always',
    '  [Install]',
    '  WantedBy=multi-user.target',
  ];
}

function commandOf({ program }: AppSettings, port: number): readonly string[] {
  if (program.kind === 'command') return program.words.map((one) => one.replaceAll('{port}', String(port)));
  const { entry, virtualenv, kind } = program;
  const bin = virtualenv === null ? '/usr/bin' : `${virtualenv}/bin`;
  const [module, more] = 'script' in entry ? scriptOf(entry.script) : [entry.module, []];
  const callable = `${module}:${entry.callable}`;
  if (kind === 'asgi') return [`${bin}/uvicorn`, '--port', String(port), ...more.map(() => '--app-dir=.'), callable];
  const threads = ['--threads', String(program.threads), '--workers', String(program.processes)];
  return [`${bin}/gunicorn`, '--bind', `127.0.0.1:${port}`, ...threads, ...more, callable];
}

function scriptOf(path: string): readonly [string, readonly string[]] {
  const slash = path.lastIndexOf('/');
  return [path.slice(slash + 1).replace(/\.\w+$/, ''), ['--chdir', path.slice(0, slash) || '/']];
}

/** A word of ExecStart= (systemd.service(5)). */
function word(text: string): string {
  const safe = text.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@%+=:,./$-]+$/.test(safe) ? safe : `"${safe.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
