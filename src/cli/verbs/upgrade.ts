import { Command } from 'commander';
import { requestUpgrade } from '../../control/admin/client.ts';
import { configOption, controlOption } from '../config-file.ts';
import type { Context } from '../context.ts';
import { type ControlOptions, findControlPath } from '../control-path.ts';

interface UpgradeOptions extends ControlOptions {
  readonly json?: true;
}

const help = `
The program that stands on disk now is started with the same arguments, takes over the listening
sockets and serves; the old process finishes what it has begun, for as long as \`limits.drainTimeout\`
allows, and ends. No connection is refused. When the new one does not come up, or the configuration
is invalid, the old one goes on and the exit code is not 0. SIGUSR2 does the same.

Example:
  sallyport upgrade -c /etc/sallyport/sallyport.yaml`;

export function upgradeVerb(context: Context): Command {
  return new Command('upgrade')
    .description('replace the running Sallyport by the program now on disk')
    .option(...configOption)
    .option(...controlOption)
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', help)
    .action(async (options: UpgradeOptions) => {
      const { terminal } = context;
      const answer = await requestUpgrade(await findControlPath(context, options));
      const { pid, version, before } = answer;
      terminal.out.line(
        options.json ? JSON.stringify(answer, null, 2) : `version ${version} serves (pid ${pid}); pid ${before} drains`,
      );
    });
}
