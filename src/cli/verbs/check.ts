import { Command } from 'commander';
import { fetchStatus, findControlPid, requestExamination } from '../../control/admin/client.ts';
import { toFailure } from '../../control/admin/messages.ts';
import type { Finding } from '../../control/certificates/doctor/finding.ts';
import type { TargetVerdict } from '../../control/health/reach.ts';
import type { RunningGate } from '../../gateway/examine/ports.ts';
import { UserError } from '../../model/errors.ts';
import type { Settings } from '../../model/settings.ts';
import { findingLines } from '../certificate-report.ts';
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
Looks at the file and all it names; then whether its ports are free (or held by the running Sallyport) and its names lead here,
whether apps answer or can be started, whether other users can read keys, whether the clock can be right, and what a public CA
would say to an order. --offline looks at files alone: at the configuration, the keys and what tells of a wrong clock.

Exit codes: 0 valid, 2 invalid; every error is printed with its place in the file. 1: the file is valid, but something else that
it needs is in error.

Examples:
  sallyport check
  sallyport check --offline -c sallyport.yaml`;

export function checkVerb(context: Context): Command {
  return new Command('check')
    .description(
      'validate the configuration, and look whether ports, names, apps, keys and the clock are as it wants them',
    )
    .option(...configOption)
    .option('--offline', 'look at files only, not at the network')
    .option('--json', 'print the verdict as JSON')
    .addHelpText('after', help)
    .action(async (options: CheckOptions) => {
      const file = requireConfigFile(context.terminal, options.config);
      if (options.json) context.exitWith(await checkAsJson(context, file, options.offline ?? false));
      else await checkAsText(context, file, options.offline ?? false);
    });
}

async function checkAsText(context: Context, file: string, offline: boolean): Promise<void> {
  const { out } = context.terminal;
  const read = await context.parts.readSettings(file);
  printVerdict(context, file, read);
  const findings = await examineAll(context, read.settings, offline);
  for (const line of findingLines(findings, out.paint)) out.line(line);
  if (findings.some((one) => one.level === 'error')) context.exitWith(1);
}

/** A check that takes longer than this says so; milliseconds. */
const silentWait = 2_000;

/** What is not as the settings want it; unless `offline`, also what is. */
async function examineAll(context: Context, settings: Settings, offline: boolean): Promise<readonly Finding[]> {
  const { parts, terminal } = context;
  if (offline) {
    const findings = await parts.examineMachine(settings, { offline, running: null });
    return findings.filter((one) => one.level !== 'ok');
  }
  const wait = setTimeout(() => terminal.err.line('Still looking: something does not answer at once.'), silentWait);
  try {
    return await examineWorld(context, settings);
  } finally {
    clearTimeout(wait);
  }
}

/** The machine, the apps, and what stands in the way of the certificates of public CAs, site by site. */
async function examineWorld({ parts }: Context, settings: Settings): Promise<readonly Finding[]> {
  const running = await findRunning(settings);
  const findings = [...(await parts.examineMachine(settings, { offline: false, running }))];
  findings.push(...(await parts.askTargets(settings)).flatMap(findingOfTarget));
  findings.push(...(await parts.examineApps(settings)));
  const askable = running !== null && running !== 'forbidden';
  for (const { name, tls } of settings.sites) {
    if (tls.mode !== 'acme') continue;
    findings.push(...(await (askable ? askRunning(settings, name) : parts.examineCertificate(settings, name))));
  }
  return findings;
}

async function findRunning({ control }: Settings): Promise<RunningGate | null> {
  try {
    const { pid, listeners } = await fetchStatus(control);
    return { pid, listeners };
  } catch (error) {
    if (error instanceof UserError && error.code === 'control-forbidden') return 'forbidden';
    const pid = await findControlPid(control);
    return pid === null ? null : { pid, listeners: [] };
  }
}

function findingOfTarget({ site, target, reason }: TargetVerdict): Finding[] {
  if (reason === '') return [];
  const cause = `the app at ${target} does not answer`;
  const cure = `start it, or correct \`to\` of the site; until then requests get an error`;
  return [{ level: 'error', code: 'app-silent', subject: site, cause, evidence: reason, cure }];
}

/** The running gate may serve another content of the file, without this site. */
async function askRunning({ control }: Settings, name: string): Promise<readonly Finding[]> {
  try {
    return await requestExamination(control, name);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const evidence = error.message;
    const cause = 'the running Sallyport could not be asked about this site';
    const cure = 'make it take up the file with `sallyport reload`, then ask again';
    return [{ level: 'warning', code: 'not-asked', subject: name, cause, evidence, cure }];
  }
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

async function checkAsJson(context: Context, file: string, offline: boolean): Promise<0 | 1 | 2> {
  const {
    parts,
    terminal: { out },
  } = context;
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
  const findings = await examineAll(context, read.settings, offline);
  const verdict = { file, valid: true, sites, warnings: read.warnings.map(toFailure) };
  out.line(JSON.stringify(findings.length > 0 ? { ...verdict, findings } : verdict, null, 2));
  return findings.some((one) => one.level === 'error') ? 1 : 0;
}
