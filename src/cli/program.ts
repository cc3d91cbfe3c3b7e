import { Command, CommanderError } from 'commander';
import { version } from '../model/version.ts';
import type { Context } from './context.ts';
import type { Parts } from './parts.ts';
import { printErrors } from './print-error.ts';
import type { Terminal } from './terminal.ts';
import { appVerb } from './verbs/app.ts';
import { assayVerb } from './verbs/assay.ts';
import { auditVerb } from './verbs/audit.ts';
import { caVerb } from './verbs/ca.ts';
import { certVerb } from './verbs/cert.ts';
import { checkVerb } from './verbs/check.ts';
import { demoVerb } from './verbs/demo.ts';
import { drainVerb, undrainVerb } from './verbs/drain.ts';
import { exportVerb } from './verbs/export.ts';
import { importVerb } from './verbs/import.ts';
import { initVerb } from './verbs/init.ts';
import { reloadVerb } from './verbs/reload.ts';
import { runVerb } from './verbs/run.ts';
import { serviceVerb } from './verbs/service.ts';
import { statusVerb } from './verbs/status.ts';
import { stopVerb } from './verbs/stop.ts';
import { upVerb } from './verbs/up.ts';
import { upgradeVerb } from './verbs/upgrade.ts';
import { userVerb } from './verbs/user.ts';

const verbs = [
  demoVerb,
  upVerb,
  runVerb,
  initVerb,
  checkVerb,
  auditVerb,
  reloadVerb,
  statusVerb,
  stopVerb,
  upgradeVerb,
  drainVerb,
  undrainVerb,
  appVerb,
  certVerb,
  caVerb,
  userVerb,
  importVerb,
  exportVerb,
  assayVerb,
  serviceVerb,
];

const afterHelp = `
Without a verb, the demo runs. \`sallyport VERB --help\` tells about one of them.
Exit codes: 0 done, 1 failed, 2 wrong usage or invalid configuration.`;

/** Does what the arguments say and resolves with the exit code; never rejects. */
export async function runCommandLine(args: readonly string[], parts: Parts, terminal: Terminal): Promise<0 | 1 | 2> {
  let exitCode: 0 | 1 | 2 = 0;
  const context: Context = {
    parts,
    terminal,
    exitWith: (code) => {
      exitCode = code;
    },
  };
  try {
    await buildProgram(context).parseAsync(args.length > 0 ? [...args] : ['demo'], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return printErrors(terminal, error);
  }
}

/** The whole command line, for what it does and for what its manual page says. */
export function buildProgram(context: Context): Command {
  const program = new Command('sallyport')
    .usage('VERB [options]')
    .description('Puts HTTPS in front of an app that speaks plain HTTP, and keeps it there.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [verb]', 'print the help of a verb')
    .configureHelp({
      subcommandTerm: (verb) => `${verb.name()} ${verb.usage().replace(/^\[options\] ?/, '')}`.trimEnd(),
    })
    .addHelpText('after', afterHelp);
  for (const verb of verbs) program.addCommand(verb(context));
  for (const command of withSubcommands(program)) settle(command, context.terminal);
  return program;
}

function* withSubcommands(command: Command): Generator<Command> {
  yield command;
  for (const child of command.commands) yield* withSubcommands(child);
}

/** Makes commander throw instead of exit, and word wrong usage as every other error. */
function settle(command: Command, { out, err }: Terminal): void {
  command.helpOption('-h, --help', 'print this help').exitOverride();
  command.configureOutput({
    writeOut: (text) => out.line(text.trimEnd()),
    writeErr: (text) => err.line(text.trimEnd()),
    outputError: (text, write) => write(wordUsageError(text, command, err.paint)),
  });
}

function wordUsageError(text: string, command: Command, paint: Terminal['err']['paint']): string {
  const [first = '', ...rest] = text
    .trim()
    .replace(/^error: /, '')
    .split('\n');
  const suggestion = rest.join(' ').replace(/^\(|\)$/g, '');
  const help = `See \`${fullName(command)} --help\`.`;
  const cure = suggestion ? `${suggestion} ${help}` : help;
  return `${paint('red', 'sallyport:')} ${first}\n  ${paint('bold', 'cure:')} ${cure}\n`;
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}
