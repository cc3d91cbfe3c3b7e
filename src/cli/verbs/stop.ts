import { Command } from 'commander';
import { requestStop } from '../../control/admin/client.ts';
import { configOption, controlOption } from '../config-file.ts';
import type { Context } from '../context.ts';
import { type ControlOptions, findControlPath } from '../control-path.ts';

interface StopOptions extends ControlOptions {
  readonly json?: true;
}

const help = `
Running exchanges finish first, for as long as \`limits.drainTimeout\` allows. Returns when the process has ended.

Example:
  sallyport stop --control /run/sallyport.sock`;

export function stopVerb(context: Context): Command {
  return new Command('stop')
    .description('stop the running Sallyport gracefully')
    .option(...configOption)
    .option(...controlOption)
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', help)
    .action(async (options: StopOptions) => {
      const { terminal } = context;
      const pid = await requestStop(await findControlPath(context, options));
      terminal.out.line(options.json ? JSON.stringify({ stopped: true, pid }, null, 2) : `stopped (pid ${pid})`);
    });
}
