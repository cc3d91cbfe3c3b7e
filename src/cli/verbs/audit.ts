import { dirname, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { AuditReport } from '../../audit/finding.ts';
import type { FixPlan, ReadProject } from '../../audit/fix.ts';
import { UserError } from '../../model/errors.ts';
import type { Settings } from '../../model/settings.ts';
import { auditLines, fixLines } from '../audit-report.ts';
import { configOption, findConfigFile, requireConfigFile } from '../config-file.ts';
import type { Context } from '../context.ts';

interface AuditOptions {
  readonly config?: string;
  readonly compose?: readonly string[];
  readonly public?: readonly number[];
  readonly fix?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

/** An audit that takes longer than this says so; milliseconds. */
const silentWait = 2_000;

const help = `
Looks who listens on the ports that sites lead to, and on which addresses; connects to each address of this machine; reads the
compose file for ports that Docker publishes past the firewall; looks whether others can read keys or connect to sockets, and what
the configuration leaves open. At the end it says what it did not look at.

Without --compose, compose.yaml or docker-compose.yml beside the configuration is read, as \`docker compose up\` would, with what
overrides it; where there is no configuration, the one of this directory. --compose without -c looks at that file only. Several
files of one directory are one project.

--fix puts the published TCP ports of compose files on 127.0.0.1, nothing else of their text is changed, and makes keys and files of
users 0600. It prints the changes; with --dry-run it only prints them. Ports that everybody is meant to reach are named by --public.

Exit codes: 0 nothing found, 1 something is reachable around the gate or open to others, 2 invalid configuration or compose file.

Examples:
  sallyport audit
  sallyport audit -c sallyport.yaml --compose docker-compose.yml --public 2222
  sallyport audit --compose docker-compose.yml --fix --dry-run`;

export function auditVerb(context: Context): Command {
  return new Command('audit')
    .description('is any app behind the gate reachable around it?')
    .option(...configOption)
    .option('--compose <file>', 'compose file; may be given several times', collect)
    .option(
      '--public <port>',
      'published port that everybody is meant to reach; may be given several times',
      collectPort,
    )
    .option('--fix', 'publish ports of compose files on 127.0.0.1 only, and close keys that everybody can read')
    .option('--dry-run', 'with --fix: print the changes and make none')
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', help)
    .action((options: AuditOptions) => runAudit(context, options));
}

function collect(file: string, before: readonly string[] = []): string[] {
  return [...before, file];
}

function collectPort(text: string, before: readonly number[] = []): number[] {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('wanted a port from 1 to 65535.');
  return [...before, port];
}

async function runAudit(context: Context, options: AuditOptions): Promise<void> {
  const { terminal } = context;
  if (options.dryRun && !options.fix) {
    const cure = 'Add --fix, or take it out.';
    throw new UserError('--dry-run without --fix', { code: 'usage', exitCode: 2, cure });
  }
  const settings = await readConfiguration(context, options);
  const meantPublic = new Set(options.public);
  const wait = setTimeout(() => terminal.err.line('Still looking: something does not answer at once.'), silentWait);
  try {
    const first = await look(context, options, settings, meantPublic);
    if (!options.fix) return print(context, options, first.report, null);
    const { planFix, applyFix } = await import('../../audit/fix.ts');
    const plan = await planFix(first.projects, first.report.findings, settings, {
      environment: terminal.env,
      meantPublic,
    });
    if (options.dryRun) return print(context, options, first.report, plan);
    const failed = await applyFix(plan);
    const { report } = await look(context, options, settings, meantPublic);
    print(context, options, report, { ...plan, byHand: [...plan.byHand, ...failed] });
    if (failed.length > 0) context.exitWith(1);
  } finally {
    clearTimeout(wait);
  }
}

/** null: compose files alone are asked about. */
async function readConfiguration({ parts, terminal }: Context, options: AuditOptions): Promise<Settings | null> {
  if (options.config === undefined && options.compose !== undefined) return null;
  const { standardComposeFiles } = await import('../../migrate/compose/read-compose.ts');
  const isComposeOnly =
    findConfigFile(terminal, options.config) === null && standardComposeFiles(terminal.directory).length > 0;
  if (isComposeOnly) return null;
  // What is doubtful about it besides is for `check` to say.
  return (await parts.readSettings(requireConfigFile(terminal, options.config))).settings;
}

async function look(
  { terminal }: Context,
  { compose = [] }: AuditOptions,
  settings: Settings | null,
  meantPublic: ReadonlySet<number>,
): Promise<{ report: AuditReport; projects: readonly ReadProject[] }> {
  const { composeProjects, readCompose, standardComposeFiles } = await import('../../migrate/compose/read-compose.ts');
  const { withUserErrors } = await import('../../migrate/compose/user-errors.ts');
  const { audit } = await import('../../audit/audit.ts');
  const named = composeProjects(compose.map((file) => resolve(terminal.directory, file)));
  const home = settings?.file == null ? terminal.directory : dirname(settings.file);
  const standard = compose.length > 0 ? [] : standardComposeFiles(home);
  const projects = (standard.length > 0 ? [standard] : named).map((files) => ({
    files,
    project: withUserErrors(() => readCompose(files, terminal.env)),
  }));
  const request = {
    settings,
    meantPublic,
    directory: terminal.directory,
    projects: projects.map(({ project }) => project),
  };
  const report = await audit(request);
  if (settings === null) return { report, projects };
  const { examineSecrets } = await import('../../gateway/examine/secrets.ts');
  return { report: { ...report, findings: [...report.findings, ...(await examineSecrets(settings))] }, projects };
}

function print(
  { terminal, exitWith }: Context,
  options: AuditOptions,
  report: AuditReport,
  plan: FixPlan | null,
): void {
  const { out } = terminal;
  const changed = options.dryRun !== true;
  if (options.json) {
    const fix = plan && { changed, ...plan };
    out.line(JSON.stringify(fix === null ? report : { ...report, fix }, null, 2));
  } else {
    if (plan !== null) for (const line of fixLines(plan, changed, terminal.directory, out.paint)) out.line(line);
    for (const line of auditLines(report, out.paint)) out.line(line);
  }
  if (report.findings.some(({ level }) => level === 'error')) exitWith(1);
}
