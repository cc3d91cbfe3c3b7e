import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { fetchStatus, requestDrain } from '../../control/admin/client.ts';
import { UserError } from '../../model/errors.ts';
import type { TargetStatus } from '../../model/status.ts';
import { configOption, controlOption } from '../config-file.ts';
import type { Context } from '../context.ts';
import { type ControlOptions, findControlPath } from '../control-path.ts';

interface DrainOptions extends ControlOptions {
  readonly json?: true;
  /** Milliseconds. */
  readonly wait?: number;
}

/** Pause between two looks at what is still under way, milliseconds. */
const pause = 100;

const drainHelp = `
The target gets no more requests of this site; those under way go on. It holds until \`sallyport undrain\` or the end of the program.
TARGET is written as \`sallyport status\` shows it; for one on 127.0.0.1 the port is enough.

Example:
  sallyport drain --wait 30 app.example.org 8081`;

export function drainVerb(context: Context): Command {
  return new Command('drain')
    .description('send no more requests to one target of a site')
    .argument('<site>')
    .argument('<target>')
    .option(
      '--wait <seconds>',
      'return when nothing is under way there any more; fail after so many seconds',
      parseWait,
    )
    .option(...configOption)
    .option(...controlOption)
    .option('--json', 'print the facts as JSON')
    .addHelpText('after', drainHelp)
    .action(async (site: string, target: string, options: DrainOptions) => {
      const path = await findControlPath(context, options);
      let facts = await requestDrain(path, site, target, true);
      if (options.wait !== undefined) facts = await untilIdle(path, facts, options.wait);
      tell(context, facts, options, `gets no more requests; ${sum(facts)} under way`);
    });
}

const undrainHelp = `
Example:
  sallyport undrain app.example.org 8081`;

export function undrainVerb(context: Context): Command {
  return new Command('undrain')
    .description('send requests to a drained target again')
    .argument('<site>')
    .argument('<target>')
    .option(...configOption)
    .option(...controlOption)
    .option('--json', 'print the facts as JSON')
    .addHelpText('after', undrainHelp)
    .action(async (site: string, target: string, options: DrainOptions) => {
      const facts = await requestDrain(await findControlPath(context, options), site, target, false);
      tell(context, facts, options, 'gets requests again');
    });
}

function parseWait(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It is a number of seconds.');
  return Number(text) * 1000;
}

function sum(facts: readonly TargetStatus[]): number {
  return facts.reduce((total, { requests }) => total + requests, 0);
}

async function untilIdle(
  path: string,
  drained: readonly TargetStatus[],
  wait: number,
): Promise<readonly TargetStatus[]> {
  const end = Date.now() + wait;
  for (let facts = drained; ; await delay(pause)) {
    const { targets } = await fetchStatus(path);
    facts = targets.filter(({ site, target }) => drained.some((one) => one.site === site && one.target === target));
    if (sum(facts) === 0) return facts;
    if (Date.now() < end) continue;
    const count = sum(facts);
    throw new UserError(
      `${count} ${count === 1 ? 'request is' : 'requests are'} still under way after ${wait / 1000} s`,
      {
        code: 'still-busy',
        cure: 'Wait for longer, or end the app: these requests break off then. WebSockets count as requests.',
      },
    );
  }
}

function tell({ terminal }: Context, facts: readonly TargetStatus[], { json }: DrainOptions, what: string): void {
  const [first] = facts;
  if (json) terminal.out.line(JSON.stringify(facts, null, 2));
  else if (first !== undefined) terminal.out.line(`${first.target} of ${first.site} ${what}`);
}
