import { Command } from 'commander';
import { fetchStatus, requestExamination, requestImport, requestRenewal } from '../../control/admin/client.ts';
import { leafCovers } from '../../control/certificates/x509/names.ts';
import { UserError } from '../../model/errors.ts';
import type { CertificatePair } from '../../model/site.ts';
import type { CertificateFacts } from '../../model/status.ts';
import { certificateLines, certificateTable, findingLines } from '../certificate-report.ts';
import { configOption, controlOption, requireConfigFile } from '../config-file.ts';
import type { Context } from '../context.ts';
import { type ControlOptions, findControlPath } from '../control-path.ts';
import { readImports } from '../import-files.ts';

interface CertOptions extends ControlOptions {
  readonly json?: true;
  readonly force?: true;
  readonly name?: string;
}

const help = `
The running Sallyport is asked; when none runs, list, show, import and doctor work on the state directory.

Examples:
  sallyport cert list
  sallyport cert doctor example.org
  sallyport cert import /etc/letsencrypt/live/example.org`;

export function certVerb(context: Context): Command {
  const cert = new Command('cert')
    .usage('list|show|renew|import|doctor')
    .description('certificates: state, expiry, next attempt, last error, what stands in the way')
    .helpCommand(false)
    .addHelpText('after', help);
  const verb = (name: string, description: string): Command =>
    cert
      .command(name)
      .description(description)
      .option(...configOption)
      .option(...controlOption)
      .option('--json', 'print the facts as JSON')
      .addHelpText('after', help);
  verb('list', 'the certificates of all sites').action((options: CertOptions) => list(context, options));
  verb('show', 'everything about one certificate')
    .argument('<name>', "the site's name or an alias")
    .action((name: string, options: CertOptions) => show(context, name, options));
  verb('renew', 'order a certificate now')
    .argument('<name>', "the site's name or an alias")
    .option('--force', "also spend the last order the CA's limits allow")
    .action((name: string, options: CertOptions) => renew(context, name, options));
  verb('import', 'take over a certificate that was got elsewhere')
    .argument('<files...>', "certbot's live directory, or a certificate file and its key file")
    .option('--name <site>', 'the site it is for (default: the one whose names it covers)')
    .action((files: readonly string[], options: CertOptions) => importFiles(context, files, options));
  verb('doctor', 'predict what the CA would say, with cause and cure')
    .argument('<name>', "the site's name or an alias")
    .action((name: string, options: CertOptions) => doctor(context, name, options));
  return cert;
}

/** The facts of the running gate, or those of the state directory. `control` is null when no gate runs. */
async function factsFor(
  context: Context,
  options: CertOptions,
): Promise<{ control: string | null; certificates: readonly CertificateFacts[] }> {
  const control = await findControlPath(context, options);
  try {
    return { control, certificates: (await fetchStatus(control)).certificates };
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'not-running' || options.control !== undefined) throw error;
  }
  return { control: null, certificates: await context.parts.storedCertificates(await settingsOf(context, options)) };
}

async function settingsOf({ parts, terminal }: Context, options: CertOptions) {
  return (await parts.readSettings(requireConfigFile(terminal, options.config))).settings;
}

function findCertificate(certificates: readonly CertificateFacts[], name: string): CertificateFacts {
  const wanted = name.toLowerCase();
  const found =
    certificates.find((one) => one.name === wanted) ?? certificates.find((one) => one.names.includes(wanted));
  if (found) return found;
  throw new UserError(`there is no certificate ${name}`, {
    code: 'unknown-certificate',
    cure: certificates.length > 0 ? `there are: ${certificates.map((one) => one.name).join(', ')}` : 'no site has TLS',
  });
}

function print({ terminal: { out } }: Context, { json }: CertOptions, facts: unknown, lines: () => string[]): void {
  if (json) out.line(JSON.stringify(facts, null, 2));
  else for (const line of lines()) out.line(line);
}

async function list(context: Context, options: CertOptions): Promise<void> {
  const { certificates } = await factsFor(context, options);
  print(context, options, certificates, () => certificateTable(certificates, context.terminal.out.paint));
}

async function show(context: Context, name: string, options: CertOptions): Promise<void> {
  const certificate = findCertificate((await factsFor(context, options)).certificates, name);
  print(context, options, certificate, () => certificateLines(certificate, context.terminal.out.paint));
}

async function renew(context: Context, name: string, options: CertOptions): Promise<void> {
  const control = await findControlPath(context, options);
  const { certificates } = await fetchStatus(control);
  const facts = await requestRenewal(control, findCertificate(certificates, name).name, options.force ?? false);
  print(context, options, facts, () => [`renewed ${facts.name}: valid until ${facts.notAfter}, from ${facts.issuer}`]);
}

async function importFiles(context: Context, files: readonly string[], options: CertOptions): Promise<void> {
  const pairs = await readImports(files, context.terminal.directory);
  const { control, certificates } = await factsFor(context, options);
  const imported: CertificateFacts[] = [];
  for (const pair of pairs) {
    const { name } =
      options.name === undefined ? siteFor(certificates, pair) : findCertificate(certificates, options.name);
    imported.push(
      control === null
        ? await context.parts.importCertificate(await settingsOf(context, options), name, pair)
        : await requestImport(control, name, pair.chain, pair.key),
    );
  }
  print(context, options, imported, () =>
    imported.map((one) => `imported ${one.name}: valid until ${one.notAfter}, next order ${one.nextAttempt}`),
  );
}

function siteFor(certificates: readonly CertificateFacts[], { chain }: CertificatePair): CertificateFacts {
  const managed = certificates.filter((one) => one.source === 'acme');
  const found = managed.find((one) => leafCovers(chain, one.names));
  if (found) return found;
  throw new UserError('the certificate covers all names of no site with `tls: auto`', {
    code: 'import-unusable',
    cure: 'name the site with --name to hear what is missing, or serve the files as they are with tls: {certificate: …, key: …}',
  });
}

async function doctor(context: Context, name: string, options: CertOptions): Promise<void> {
  const { control, certificates } = await factsFor(context, options);
  const site = findCertificate(certificates, name);
  const findings =
    control === null
      ? await context.parts.examineCertificate(await settingsOf(context, options), site.name)
      : await requestExamination(control, site.name);
  print(context, options, { name: site.name, findings }, () => findingLines(findings, context.terminal.out.paint));
  if (findings.some((one) => one.level === 'error')) context.exitWith(1);
}
