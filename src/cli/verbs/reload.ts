import { Command } from 'commander';
import { requestReload } from '../../control/admin/client.ts';
import { fromFailure } from '../../control/admin/messages.ts';
import { configOption, controlOption } from '../config-file.ts';
import type { Context } from '../context.ts';
import { type ControlOptions, findControlPath } from '../control-path.ts';
import { printWarnings } from '../print-error.ts';

interface ReloadOptions extends ControlOptions {
  readonly json?: true;
}

const help = `
Returns when the new configuration serves. An invalid one changes nothing and is told with exit code 2.

Example:
  sallyport reload -c /etc/sallyport/sallyport.yaml`;

export function reloadVerb(context: Context): Command {
  return new Command('reload')
    .description('make the running Sallyport read its configuration again')
    .option(...configOption)
    .option(...controlOption)
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', help)
    .action(async (options: ReloadOptions) => {
      const { terminal } = context;
      const answer = await requestReload(await findControlPath(context, options));
      if (options.json) {
        terminal.out.line(JSON.stringify(answer, null, 2));
        return;
      }
      printWarnings(terminal, answer.warnings.map(fromFailure));
      terminal.out.line(`reloaded ${answer.file}: ${answer.sites} ${answer.sites === 1 ? 'site' : 'sites'}`);
    });
}
