import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { AppProgram, AppSettings, PythonEntry } from '../../model/app.ts';
import { UserError } from '../../model/errors.ts';
import { findAccount } from '../apps/account.ts';
import type { ParsedApp } from './app-schema.ts';
import type { Fault } from './fault.ts';
import type { Findings } from './problems.ts';
import type { Path } from './source.ts';

/** One app to compile. */
export interface AppInput {
  readonly app: ParsedApp;
  /** The site's name. */
  readonly site: string;
  /** The path of the route. */
  readonly route: string;
  /** What relative paths are relative to. */
  readonly directory: string;
  readonly isRoot: boolean;
}

/** An app with its defaults and absolute paths. What it needs and is not there is a warning: it may be there when it is started. */
export function compileApp(input: AppInput, path: Path, findings: Findings): AppSettings {
  const { app, site, route, directory } = input;
  const absolute = (one: string): string => resolve(directory, one);
  const program = compileProgram(app, absolute);
  const script = program.kind !== 'command' && 'script' in program.entry ? program.entry.script : null;
  const settings: AppSettings = {
    name: route === '/' ? site : `${site}${route}`,
    program,
    user: app.user ?? null,
    group: app.group ?? null,
    groups: app.groups ?? null,
    home: app.home !== undefined ? absolute(app.home) : script === null ? directory : dirname(script),
    environment: app.environment ?? {},
    reload: Array.isArray(app.reload) ? app.reload.map(absolute) : app.reload === true && script ? [script] : [],
    readyPath: app.ready ?? null,
    host: site.replace('*', 'www'),
    startTimeout: app.startTimeout ?? 60_000,
    stopSignal: app.stopSignal ?? null,
    stopTimeout: app.stopTimeout ?? 10_000,
  };
  checkAccount(settings, input, path, findings);
  const missing = (key: string, what: string) =>
    findings.warning([...path, key], { what: `there is no such ${what}`, onKey: false } satisfies Fault);
  if (script !== null && !existsSync(script)) missing(program.kind, 'file');
  if (app.home !== undefined && !existsSync(settings.home)) missing('home', 'directory');
  if (program.kind !== 'command' && program.virtualenv !== null && !existsSync(program.virtualenv)) {
    missing('virtualenv', 'directory');
  }
  return settings;
}

function compileProgram({ main, ...app }: ParsedApp, absolute: (path: string) => string): AppProgram {
  if (main.kind === 'command') return { kind: main.kind, words: main.words, port: main.port };
  const { entry } = main;
  const found: PythonEntry = 'script' in entry ? { ...entry, script: absolute(entry.script) } : entry;
  return {
    kind: main.kind,
    entry: found,
    server: app.server ?? null,
    threads: app.threads ?? 15,
    processes: app.processes ?? 1,
    virtualenv: app.virtualenv === undefined ? null : absolute(app.virtualenv),
  };
}

function checkAccount(settings: AppSettings, { isRoot }: AppInput, path: Path, findings: Findings): void {
  try {
    findAccount(settings);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const isUser = error.code === 'unknown-user';
    const key = isUser ? 'user' : settings.groups === null ? 'group' : 'groups';
    // The error names the account, which may hold what the file only refers to.
    findings.problem([...path, key], {
      what: `there is no such ${isUser ? 'user' : 'group'}`,
      cure: `Make it with \`${isUser ? 'useradd' : 'groupadd'}\`, or correct the name.`,
    });
  }
  if (!isRoot || settings.user !== null) return;
  const cure = 'Name the user it shall run as, as in user: www-data; user: root says that this is meant.';
  findings.warning(path, { what: 'an app that runs as root', cure, onKey: true });
}
