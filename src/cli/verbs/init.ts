import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { UserError } from '../../model/errors.ts';
import type { Context } from '../context.ts';
import type { Choices } from '../init/choices.ts';
import { importHints } from '../init/import-hints.ts';
import type { InitOptions } from '../init/options.ts';
import { isThere, textOf, writeConfig } from '../init/write.ts';
import { printWarnings } from '../print-error.ts';
import { shellWord } from '../shell-word.ts';

const help = `
In a terminal it asks, each question with an answer for who just presses Enter; Ctrl-C leaves nothing behind. With --host it does
not ask. The file is written in one step, and only if it is valid; one that is there is replaced only if you say so.

Examples:
  sallyport init
  sallyport init --host notes.internal --to 8080 --yes
  sallyport init --host anki.example.net --to 27701 --path /sync /msync --email me@example.net --yes
  pass show kms/alice | sallyport init --host kms.internal --to 5001 --user alice --yes
  sallyport init --host flask.example.org --wsgi /var/www/app/app.wsgi --app-user www-data --out /etc/sallyport/sallyport.yaml --yes`;

export function initVerb(context: Context): Command {
  return new Command('init')
    .description('ask a few questions and write sallyport.yaml')
    .option('--out <file>', 'where it is written; - is the standard output (default: sallyport.yaml)')
    .option('--force', 'replace a file that is there')
    .option('--yes', 'write without asking')
    .option('--host <names...>', 'the name the app is reached by, and aliases; no questions then')
    .option('--to <target>', 'where the app listens: a port, host:port, http://..., unix:/path')
    .option('--wsgi <entry>', 'or a Python app that Sallyport runs: its script, or module:callable')
    .option('--asgi <entry>', 'likewise')
    .option('--run <command>', 'or any program that Sallyport runs')
    .option('--app-user <name>', 'the user that such an app runs as')
    .option('--path <paths...>', 'only these paths, with what is below them')
    .addOption(new Option('--tls <source>', 'where the certificate comes from').choices(['auto', 'internal', 'off']))
    .option('--email <address>', 'for letters of the public CA')
    .option('--user <name>', 'ask for a password; its first user, whose password is read from the standard input')
    .option('--json', 'print what was written as JSON')
    .addHelpText('after', help)
    .action((options: InitOptions) => init(context, options));
}

async function init(context: Context, options: InitOptions): Promise<void> {
  const { terminal, parts } = context;
  const toOutput = options.out === '-';
  const file = resolve(terminal.directory, toOutput || options.out === undefined ? 'sallyport.yaml' : options.out);
  const asks = process.stdin.isTTY === true && process.stderr.isTTY === true;
  const choices = await choose(context, file, options, asks);
  if (toOutput) return void terminal.out.line(textOf(choices, file).trimEnd());
  await refuseReplacing(file, options, asks);
  if (!(await consents(context, file, choices, options, asks))) return void context.exitWith(1);
  const { settings, warnings } = await writeConfig(parts, file, choices);
  const sites = settings.sites.map(({ name }) => name);
  if (options.json) terminal.out.line(JSON.stringify({ file, sites, users: choices.user?.file ?? null }, null, 2));
  printWarnings(terminal, warnings);
  sayNext(context, file, choices);
}

async function refuseReplacing(file: string, options: InitOptions, asks: boolean): Promise<void> {
  if (options.force || (asks && !options.yes) || !(await isThere(file))) return;
  throw new UserError(`${file} is there already; it was left as it is`, {
    code: 'file-exists',
    cure: 'Replace it with --force, or name another file with --out.',
  });
}

async function choose(
  { terminal: { err, directory } }: Context,
  file: string,
  options: InitOptions,
  asks: boolean,
): Promise<Choices> {
  if (options.host !== undefined) return (await import('../init/options.ts')).choicesOfOptions(file, options);
  if (asks) {
    const hints = importHints(directory);
    if (hints.length > 0) err.line(`What is configured here already can be brought along: ${hints.join(', or ')}`);
    return (await import('../init/questions.ts')).askChoices(file);
  }
  throw new UserError('no terminal to ask questions in, and no --host', {
    code: 'no-terminal',
    cure: 'Say all with options, as in `sallyport init --host app.example.org --to 8080 --yes`.',
    exitCode: 2,
  });
}

/** Shows what is to be written, and asks unless told not to. */
async function consents(
  { terminal: { err } }: Context,
  file: string,
  choices: Choices,
  options: InitOptions,
  asks: boolean,
): Promise<boolean> {
  if (options.yes) return true;
  err.line(`\n${textOf(choices, file)}`);
  if (!asks) {
    throw new UserError('no terminal to ask in whether this shall be written', {
      code: 'no-terminal',
      cure: 'Add --yes.',
      exitCode: 2,
    });
  }
  const there = await isThere(file);
  if (there && options.force) return true;
  const consent = await (await import('../init/questions.ts')).askConsent(file, there);
  if (!consent) err.line('Nothing was written.');
  return consent;
}

function sayNext({ terminal: { err, directory } }: Context, file: string, { user }: Choices): void {
  const standard = [resolve(directory, 'sallyport.yaml'), '/etc/sallyport/sallyport.yaml'];
  const named = standard.includes(file) ? '' : ` -c ${shellWord(file)}`;
  err.line(`wrote ${file}${user === null ? '' : `, and the user ${user.name} into ${user.file}`}`);
  err.line('Next:');
  err.line(`  sallyport check${named}`);
  err.line(`  sudo sallyport run${named}     or, for good: sudo sallyport service install${named}`);
}
