import { Command } from 'commander';
import { toFailure } from '../../control/admin/messages.ts';
import { configOption, requireConfigFile } from '../config-file.ts';
import type { Context } from '../context.ts';
import type { ReadSettings } from '../parts.ts';
import { errorsOf, printWarnings } from '../print-error.ts';

interface CheckOptions {
  readonly config?: string;
  readonly offline?: true;
  readonly json?: true;
}

const help = `
Exit codes: 0 valid, 2 invalid; every error is printed with its place in the file.

Example:
  sallyport check --offline -c sallyport.yaml`;

export function checkVerb(context: Context): Command {
  return new Command('check')
    .description('validate the configuration')
    .option(...configOption)
    .option('--offline', 'look at files only, not at the network')
    .option('--json', 'print the verdict as JSON')
    .addHelpText('after', help)
    .action(async (options: CheckOptions) => {
      const file = requireConfigFile(context.terminal, options.config);
      if (options.json) context.exitWith(await checkAsJson(context, file));
      else printVerdict(context, file, await context.parts.readSettings(file));
      if (!options.offline) {
        context.terminal.err.line(
          'Only files were looked at; whether names, ports and apps are as they should be was not.',
        );
      }
    });
}

function printVerdict({ terminal }: Context, file: string, { settings, warnings }: ReadSettings): void {
  printWarnings(terminal, warnings);
  const sites = settings.sites.length;
  const names = settings.sites.map((site) => site.name).join(', ');
  terminal.out.line(
    `${file} is valid: ${sites} ${sites === 1 ? 'site' : 'sites'}${names && ` (${names})`}` +
      (warnings.length > 0 ? `, ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}` : ''),
  );
}

async function checkAsJson({ parts, terminal: { out } }: Context, file: string): Promise<0 | 2> {
  let read: ReadSettings;
  try {
    read = await parts.readSettings(file);
  } catch (thrown) {
    const errors = errorsOf(thrown).map(toFailure);
    if (!errors.some((error) => error.exitCode === 2)) throw thrown;
    out.line(JSON.stringify({ file, valid: false, errors }, null, 2));
    return 2;
  }
  const sites = read.settings.sites.map((site) => site.name);
  out.line(JSON.stringify({ file, valid: true, sites, warnings: read.warnings.map(toFailure) }, null, 2));
  return 0;
}
