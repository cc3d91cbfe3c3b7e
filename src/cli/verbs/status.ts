import { Command } from 'commander';
import { fetchStatus } from '../../control/admin/client.ts';
import { configOption, controlOption } from '../config-file.ts';
import type { Context } from '../context.ts';
import { type ControlOptions, findControlPath } from '../control-path.ts';
import { statusLines } from '../status-report.ts';

interface StatusOptions extends ControlOptions {
  readonly json?: true;
}

const help = `
Example:
  sallyport status --json`;

export function statusVerb(context: Context): Command {
  return new Command('status')
    .description('what the running Sallyport serves, and how it is')
    .option(...configOption)
    .option(...controlOption)
    .option('--json', 'print the facts as JSON')
    .addHelpText('after', help)
    .action(async (options: StatusOptions) => {
      const { terminal } = context;
      const status = await fetchStatus(await findControlPath(context, options));
      if (options.json) terminal.out.line(JSON.stringify(status, null, 2));
      else for (const line of statusLines(status, Date.now(), terminal.out.paint)) terminal.out.line(line);
    });
}
