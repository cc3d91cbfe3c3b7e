import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { Case } from '../../assay/case.ts';
import type { KeptRoot } from '../../assay/pki/keep-root.ts';
import type { CaseResult, Verdict } from '../../assay/verdict.ts';
import { type AssayOptions, chosenCases, parseCount, parsePlace, parsePort } from '../assay-options.ts';
import { caseFacts, caseList, consequences, reportFacts, resultTable, verdictLine } from '../assay-report.ts';
import type { Context } from '../context.ts';
import type { Terminal } from '../terminal.ts';

const help = `
Without a command it serves them all until Ctrl-C, for apps on a phone, browsers and the like, with a page that says what to do, and
tells live what came. Only this machine reaches it unless --listen says more.

COMMAND is run once for each certificate, with these words replaced:
  {url}  {host}  {port}   where it is to go; {name} is {host}, {address} the lab's own address
  {ca}                    the file of the root to trust
  {case}                  which certificate it is
The same is in SALLYPORT_ASSAY_URL, _HOST, _PORT, _CA and _CASE.

What counts is what the client sends: a request that comes means that it accepted the certificate.
Exit codes: 0 it verifies, 1 it does not, 2 wrong usage, or the client refuses even the good certificate.

Examples:
  sallyport assay -- curl --cacert {ca} {url}
  sallyport assay -- wget -qO- --ca-certificate={ca} {url}
  sallyport assay --trust-env -- ./backup.sh {url}
  sallyport assay --case expired --case wrong-name --json -- python3 client.py {url}
  sallyport assay --listen 192.168.1.10:9400 --ca-dir ~/assay-ca`;

export function assayVerb(context: Context): Command {
  return new Command('assay')
    .description('does a client really verify certificates? Shows it good and bad ones')
    .usage('[options] [-- COMMAND...]')
    .argument('[command...]')
    .option('--case <name>', 'only this one, and the good one; may be repeated', (name, names: string[] = []) => [
      ...names,
      name,
    ])
    .option('--name <name>', 'host name or address that the client is sent to (default: localhost)')
    .addOption(
      new Option('--listen <address>', 'address:port of the first server, or address alone')
        .argParser(parsePlace)
        .default(parsePlace('127.0.0.1:0'), '127.0.0.1 and ::1, free ports'),
    )
    .option('--to <port>', 'pass what was accepted on to the app on this port of 127.0.0.1', parsePort)
    .addOption(new Option('--tls <version>', 'only this version of TLS (default: both)').choices(['1.2', '1.3']))
    .option('--trust-env', 'let SSL_CERT_FILE and the like name the root of the lab')
    .option('--timeout <seconds>', 'for one run of the command', parseCount, 20)
    .option('--jobs <number>', 'runs at the same time', parseCount, 2 * availableParallelism())
    .option('--ca-dir <directory>', 'keep the root of the lab there and use it again')
    .option('--list', 'print what there is to show, and end')
    .option('--json', 'print the facts as JSON')
    .configureHelp({ visibleArguments: () => [] })
    .addHelpText('after', help)
    .action((command: readonly string[], options: AssayOptions) => assay(context, command, options));
}

async function assay(context: Context, command: readonly string[], options: AssayOptions): Promise<void> {
  const { out, err } = context.terminal;
  const { allCases } = await import('../../assay/cases/all.ts');
  const cases = chosenCases(allCases, options.case);
  if (options.list) {
    if (options.json) out.line(JSON.stringify(cases.map(caseFacts), null, 2));
    else for (const line of caseList(cases, out.paint)) out.line(line);
    return;
  }
  const { keptRoot, temporaryRoot } = await import('../../assay/pki/keep-root.ts');
  const now = Date.now();
  const directory = options.caDir === undefined ? null : resolve(context.terminal.directory, options.caDir);
  const kept = directory === null ? await temporaryRoot(now) : await keptRoot(directory, now);
  try {
    await examine(context, command, options, cases, kept, now);
  } finally {
    await kept.remove();
  }
  if (directory !== null) err.line(keptAdvice(directory));
}

function keptAdvice(directory: string): string {
  return `sallyport: the root of the lab is kept in ${directory}. When you are done, take it off every device and remove that directory: whoever has its key can make certificates that they trust.`;
}

async function examine(
  context: Context,
  command: readonly string[],
  options: AssayOptions,
  cases: readonly Case[],
  kept: KeptRoot,
  now: number,
): Promise<void> {
  const { terminal } = context;
  const { judge } = await import('../../assay/verdict.ts');
  const live = command.length === 0;
  const results = live
    ? await (await import('../assay-watch.ts')).assayLive(terminal, options, cases, kept, now)
    : await (await import('../assay-command.ts')).assayCommand(terminal, command, options, cases, kept, now);
  const verdict = judge(results, !live);
  tell(terminal, verdict, results, live ? null : command, options);
  context.exitWith(verdict.verifies === 'yes' ? 0 : verdict.verifies === 'unknown' ? 2 : 1);
}

function tell(
  { out, err }: Terminal,
  verdict: Verdict,
  results: readonly CaseResult[],
  command: readonly string[] | null,
  { json }: AssayOptions,
): void {
  if (json) {
    out.line(JSON.stringify(reportFacts(verdict, results, { command }), null, 2));
    return;
  }
  const tried = results.filter((each) => command !== null || each.outcome !== 'unreached');
  for (const line of resultTable(tried, out.paint)) out.line(line);
  out.line();
  const styles = { yes: 'green', partly: 'red', no: 'red', unknown: 'yellow' } as const;
  out.line(out.paint(styles[verdict.verifies], verdictLine(verdict)));
  for (const line of consequences(verdict, results)) out.line(line);
  if (verdict.problem) err.line(`  ${err.paint('bold', 'cure:')} ${verdict.problem.cure}`);
}
