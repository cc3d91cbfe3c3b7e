import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Case } from '../../assay/case.ts';
import type { KeptRoot } from '../../assay/pki/keep-root.ts';
import type { CaseResult, Verdict } from '../../assay/verdict.ts';
import type { SubjectName } from '../../control/certificates/x509/names.ts';
import { UserError } from '../../model/errors.ts';
import type { ListenAddress } from '../../model/settings.ts';
import { parseListen } from '../addresses.ts';
import { caseFacts, caseList, consequences, reportFacts, resultTable, verdictLine } from '../assay-report.ts';
import type { Context } from '../context.ts';
import type { Terminal } from '../terminal.ts';

interface AssayOptions {
  readonly case?: readonly string[];
  readonly name?: string;
  readonly listen: readonly ListenAddress[];
  readonly to?: number;
  readonly trustEnv?: true;
  /** Seconds. */
  readonly timeout: number;
  readonly jobs: number;
  readonly caDir?: string;
  readonly list?: true;
  readonly json?: true;
}

const help = `
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
  sallyport assay --case expired --case wrong-name --json -- python3 client.py {url}`;

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

function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 65_535)
    throw new InvalidArgumentError('Wanted: a port, 1 to 65535.');
  return Number(text);
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Wanted: a number, 1 to 9999.');
  return Number(text);
}

function parsePlace(text: string): readonly ListenAddress[] {
  const places = parseListen(/:\d{1,5}$|^\d+$|^off$/.test(text) ? text : `${text}:0`);
  if (places.length === 0) throw new InvalidArgumentError('Wanted: "address:port" or an address.');
  return places.map(({ host, port }) => ({ host: host || '127.0.0.1', port }));
}

async function assay(context: Context, command: readonly string[], options: AssayOptions): Promise<void> {
  const { out } = context.terminal;
  const { allCases } = await import('../../assay/cases/all.ts');
  const cases = chosen(allCases, options.case);
  if (options.list) {
    if (options.json) out.line(JSON.stringify(cases.map(caseFacts), null, 2));
    else for (const line of caseList(cases, out.paint)) out.line(line);
    return;
  }
  if (command.length === 0) {
    throw new UserError('Which client?', {
      code: 'no-client',
      cure: 'Name its command: sallyport assay -- curl --cacert {ca} {url}',
      exitCode: 2,
    });
  }
  const { keptRoot, temporaryRoot } = await import('../../assay/pki/keep-root.ts');
  const now = Date.now();
  const directory = options.caDir && resolve(context.terminal.directory, options.caDir);
  const kept = directory ? await keptRoot(directory, now) : await temporaryRoot(now);
  try {
    const [verdict, results] = await assayCommand(context, command, options, cases, kept, now);
    tell(context, verdict, results, command, options);
    if (directory) context.terminal.err.line(afterwards(directory));
    context.exitWith(verdict.verifies === 'yes' ? 0 : verdict.verifies === 'unknown' ? 2 : 1);
  } finally {
    await kept.remove();
  }
}

function afterwards(directory: string): string {
  return `sallyport: take the root of the lab off every device again, and remove ${directory}: it must not be trusted for anything else`;
}

function chosen(all: readonly Case[], names: readonly string[] | undefined): readonly Case[] {
  if (names === undefined) return all;
  const unknown = names.find((name) => !all.some((each) => each.name === name));
  if (unknown === undefined) return all.filter((each) => each.group === 'control' || names.includes(each.name));
  throw new UserError(`There is no case ${JSON.stringify(unknown)}`, {
    code: 'no-such-case',
    cure: 'sallyport assay --list prints them all.',
    exitCode: 2,
  });
}

async function placeOf({ name, listen }: AssayOptions): Promise<{ subject: SubjectName; hosts: readonly string[] }> {
  const { parseSubjectName } = await import('../../control/certificates/x509/names.ts');
  const host = listen[0]?.host ?? '127.0.0.1';
  const loopback = host === '127.0.0.1';
  const text = name ?? (loopback ? 'localhost' : host);
  const subject = parseSubjectName(text);
  if (subject === null || text.startsWith('*')) {
    throw new UserError(`${JSON.stringify(text)} is neither a host name nor an address`, {
      code: 'name-invalid',
      cure: 'Write it like app.test or 192.168.1.10, with --name.',
      exitCode: 2,
    });
  }
  return { subject, hosts: loopback ? [host, '::1'] : [host] };
}

async function assayCommand(
  { terminal }: Context,
  command: readonly string[],
  options: AssayOptions,
  cases: readonly Case[],
  kept: KeptRoot,
  now: number,
): Promise<[Verdict, readonly CaseResult[]]> {
  const { openLab } = await import('../../assay/lab/lab.ts');
  const { runExperiment } = await import('../../assay/experiment.ts');
  const { judge } = await import('../../assay/verdict.ts');
  const place = await placeOf(options);
  const again = cases.filter(({ group }) => group === 'control');
  const port = options.listen[0]?.port ?? 0;
  const { root } = kept;
  const toApp = options.to === undefined ? {} : { to: options.to };
  const lab = await openLab({ root, cases: [...cases, ...again], ...place, port, ...toApp, now });
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupt);
  const progress = progressOn(terminal, lab.stands.length);
  try {
    const results = await runExperiment({
      lab,
      command,
      address: place.hosts[0] ?? '',
      ca: kept.path,
      trust: options.trustEnv === true,
      env: terminal.env,
      directory: terminal.directory,
      timeout: options.timeout * 1000,
      jobs: options.jobs,
      signal: stop.signal,
      onResult: progress,
    });
    if (stop.signal.aborted) throw new UserError('Interrupted', { code: 'interrupted' });
    return [judge(results, true), results];
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, interrupt);
    await lab.close();
  }
}

/** Says every two seconds how many are done. */
function progressOn({ err }: Terminal, all: number): () => void {
  let done = 0;
  let said = performance.now();
  return () => {
    done++;
    if (performance.now() - said < 2000) return;
    said = performance.now();
    err.line(`sallyport: ${done} of ${all} certificates shown`);
  };
}

function tell(
  { terminal: { out, err } }: Context,
  verdict: Verdict,
  results: readonly CaseResult[],
  command: readonly string[],
  { json }: AssayOptions,
): void {
  if (json) {
    out.line(JSON.stringify(reportFacts(verdict, results, { command }), null, 2));
    return;
  }
  for (const line of resultTable(results, out.paint)) out.line(line);
  out.line();
  const styles = { yes: 'green', partly: 'red', no: 'red', unknown: 'yellow' } as const;
  out.line(out.paint(styles[verdict.verifies], verdictLine(verdict)));
  for (const line of consequences(verdict, results)) out.line(line);
  if (verdict.problem) err.line(`  ${err.paint('bold', 'cure:')} ${verdict.problem.cure}`);
}
