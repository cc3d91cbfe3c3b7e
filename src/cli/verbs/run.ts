import { Command } from 'commander';
import { configOption, requireConfigFile } from '../config-file.ts';
import type { Context } from '../context.ts';
import { printWarnings } from '../print-error.ts';
import { serve } from '../serve.ts';

const help = `
Prints one line that begins with \`ready\` and the listening addresses when it accepts connections.

Signals:
  SIGTERM, SIGINT  stop gracefully, exit 0; a second one ends at once, exit 1
  SIGHUP           read the configuration again; an invalid one changes nothing
  SIGUSR1          open the log files again
  SIGUSR2          hand over to the program now on disk, as \`sallyport upgrade\` does

Example:
  sallyport run -c /etc/sallyport/sallyport.yaml`;

export function runVerb(context: Context): Command {
  return new Command('run')
    .description('serve from a configuration file, in the foreground')
    .option(...configOption)
    .addHelpText('after', help)
    .action(async (options: { config?: string }) => {
      const { parts, terminal } = context;
      const file = requireConfigFile(terminal, options.config);
      const { settings, warnings } = await parts.readSettings(file);
      printWarnings(terminal, warnings);
      context.exitWith(await serve(context, { settings, reread: () => parts.readSettings(file) }));
    });
}
