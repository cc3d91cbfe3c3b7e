import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { UserError } from '../../model/errors.ts';
import { configOption, findConfigFile } from '../config-file.ts';
import type { Context } from '../context.ts';
import type { Parts } from '../parts.ts';

interface RootOptions {
  readonly config?: string;
  readonly state?: string;
  readonly json?: true;
}

const help = `
Prints the root certificate as PEM; clients that trust it trust every certificate of the in-house CA.
Each user of this machine has a state directory, and so a CA, of its own: run it as the user that Sallyport runs as.
The CA is made if the state directory has none yet; a line on the error output says so.

Example:
  sallyport ca root > root.pem`;

export function caVerb(context: Context): Command {
  const ca = new Command('ca')
    .usage('root')
    .description('the in-house CA')
    .helpCommand(false)
    .addHelpText('after', '\nExample:\n  sallyport ca root');
  ca.command('root')
    .description("print the in-house CA's root certificate")
    .option(...configOption)
    .option('--state <directory>', 'state directory, instead of the one the configuration names')
    .option('--json', 'print the PEM and its path as JSON')
    .addHelpText('after', help)
    .action(async (options: RootOptions) => {
      const { out, err } = context.terminal;
      const { parts } = context;
      const state = await findState(context, options);
      const isNew = !parts.hasAuthority(state);
      if (isNew && options.state === undefined && state === parts.defaultState()) refuseSecond(parts, state);
      const root = await parts.rootCertificate(state);
      if (isNew) err.line(`sallyport: made a new in-house CA in ${state}`);
      out.line(options.json ? JSON.stringify({ path: root.path, pem: root.pem }, null, 2) : root.pem.trimEnd());
    });
  return ca;
}

/** Nobody who asks without naming a directory wants a second CA beside the one that serves. */
function refuseSecond({ systemState }: Parts, state: string): void {
  if (state === systemState || !existsSync(systemState)) return;
  throw new UserError(`there is no in-house CA in ${state}, but root's Sallyport keeps its state in ${systemState}`, {
    code: 'other-authority',
    cure: `Ask as root: \`sudo sallyport ca root\`. Or name the directory of a CA, new or not: --state ${state}.`,
  });
}

async function findState({ parts, terminal }: Context, options: RootOptions): Promise<string> {
  if (options.state !== undefined) return resolve(terminal.directory, options.state);
  const file = findConfigFile(terminal, options.config);
  if (!file) return parts.defaultState();
  const { settings } = await parts.readSettings(file);
  return settings.state;
}
