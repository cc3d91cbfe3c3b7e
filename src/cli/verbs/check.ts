import { Command } from 'commander';
import { findControlPid, requestExamination } from '../../control/admin/client.ts';
import { toFailure } from '../../control/admin/messages.ts';
import type { Finding } from '../../control/certificates/doctor/finding.ts';
import type { TargetVerdict } from '../../control/health/reach.ts';
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
Exit codes: 0 valid, 2 invalid; every error is printed with its place in the file. 1: the file is valid, but an app does not
answer or cannot be started, or something stands in the way of a certificate from a public CA; --offline does not look at that.

Example:
  sallyport check --offline -c sallyport.yaml`;

export function checkVerb(context: Context): Command {
  return new Command('check')
    .description('validate the configuration, and look whether apps answer and CAs can reach its sites')
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
  const { out, err } = context.terminal;
  const read = await context.parts.readSettings(file);
  printVerdict(context, file, read);
  if (offline) return;
  const findings = await examineAll(context, read.settings);
  for (const line of findingLines(findings, out.paint)) out.line(line);
  if (findings.some((one) => one.level === 'error')) context.exitWith(1);
  err.line(
    findings.length === 0
      ? 'Only files were looked at; whether names and ports are as they should be was not.'
      : 'Ports were not looked at.',
  );
}

/** Which apps do not answer, and what stands in the way of the certificates of public CAs, site by site. */
async function examineAll({ parts }: Context, settings: Settings): Promise<readonly Finding[]> {
  const findings: Finding[] = (await parts.askTargets(settings)).flatMap(findingOfTarget);
  findings.push(...(await parts.examineApps(settings)));
  const running = (await findControlPid(settings.control)) !== null;
  for (const { name, tls } of settings.sites) {
    if (tls.mode !== 'acme') continue;
    findings.push(...(await (running ? askRunning(settings, name) : parts.examineCertificate(settings, name))));
  }
  return findings;
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
  const findings = offline ? [] : await examineAll(context, read.settings);
  const verdict = { file, valid: true, sites, warnings: read.warnings.map(toFailure) };
  out.line(JSON.stringify(findings.length > 0 ? { ...verdict, findings } : verdict, null, 2));
  return findings.some((one) => one.level === 'error') ? 1 : 0;
}
