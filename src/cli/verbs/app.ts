import { Command } from 'commander';
import { fetchAppLines, fetchStatus, requestAppRestart } from '../../control/admin/client.ts';
import { appTable, appTroubleLines } from '../app-report.ts';
import { configOption, controlOption } from '../config-file.ts';
import type { Context } from '../context.ts';
import { type ControlOptions, findControlPath } from '../control-path.ts';

interface AppOptions extends ControlOptions {
  readonly json?: true;
}

const help = `
Examples:
  sallyport app list
  sallyport app restart flask.example.org
  sallyport app logs flask.example.org`;

export function appVerb(context: Context): Command {
  const app = new Command('app')
    .usage('list|restart|logs')
    .description('the apps that Sallyport runs: state, new start, what they printed')
    .helpCommand(false)
    .addHelpText('after', help);
  const verb = (name: string, description: string): Command =>
    app
      .command(name)
      .description(description)
      .option(...configOption)
      .option(...controlOption)
      .option('--json', 'print the facts as JSON')
      .addHelpText('after', help);
  verb('list', 'all of them').action((options: AppOptions) => list(context, options));
  verb('restart', 'start one anew; returns when the new one serves, and the old one goes on if it does not get ready')
    .argument('<name>', "the site's name, followed by the route's path unless that is /")
    .action((name: string, options: AppOptions) => restart(context, name, options));
  verb('logs', 'what one printed last')
    .argument('<name>', "the app's name")
    .action((name: string, options: AppOptions) => logs(context, name, options));
  return app;
}

async function list(context: Context, options: AppOptions): Promise<void> {
  const { apps } = await fetchStatus(await findControlPath(context, options));
  print(context, options, apps, (paint) => [
    ...appTable(apps, Date.now(), paint),
    ...apps.flatMap((app) => appTroubleLines(app, paint)),
  ]);
}

async function restart(context: Context, name: string, options: AppOptions): Promise<void> {
  const app = await requestAppRestart(await findControlPath(context, options), name);
  print(context, options, app, () => [`${app.name} serves anew: ${app.program}, pid ${app.pids[0]}`]);
}

async function logs(context: Context, name: string, options: AppOptions): Promise<void> {
  const lines = await fetchAppLines(await findControlPath(context, options), name);
  print(context, options, lines, () => lines.map(({ time, pid, text }) => `${time} ${pid} ${text}`));
}

type Paint = Context['terminal']['out']['paint'];

function print(
  { terminal: { out } }: Context,
  { json }: AppOptions,
  facts: unknown,
  lines: (paint: Paint) => string[],
) {
  if (json) out.line(JSON.stringify(facts, null, 2));
  else for (const line of lines(out.paint)) out.line(line);
}
