import { resolve } from 'node:path';
import { Command } from 'commander';
import { configOption, findConfigFile } from '../config-file.ts';
import type { Context } from '../context.ts';

interface RootOptions {
  readonly config?: string;
  readonly state?: string;
  readonly json?: true;
}

const help = `
Prints the root certificate as PEM; clients that trust it trust every certificate of the in-house CA.
The CA is made if the state directory has none yet.

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
      const { out } = context.terminal;
      const root = await context.parts.rootCertificate(await findState(context, options));
      out.line(options.json ? JSON.stringify({ path: root.path, pem: root.pem }, null, 2) : root.pem.trimEnd());
    });
  return ca;
}

async function findState({ parts, terminal }: Context, options: RootOptions): Promise<string> {
  if (options.state !== undefined) return resolve(terminal.directory, options.state);
  const file = findConfigFile(terminal, options.config);
  if (!file) return parts.defaultState();
  const { settings } = await parts.readSettings(file);
  return settings.state;
}
