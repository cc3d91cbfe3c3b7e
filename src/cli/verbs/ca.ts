import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../../control/config/quantity.ts';
import { systemErrorCode, UserError } from '../../model/errors.ts';
import type { ListenAddress } from '../../model/settings.ts';
import { parseListen } from '../addresses.ts';
import { configOption, findConfigFile } from '../config-file.ts';
import type { Context } from '../context.ts';
import type { AuthorityPlace, Parts, RootForm } from '../parts.ts';

interface CaOptions {
  readonly config?: string;
  readonly state?: string;
  readonly json?: true;
  readonly days?: number;
  readonly client?: true;
  readonly out?: string;
  readonly listen?: ListenAddress;
  readonly for?: number;
}

/** How long a page is served, unless told otherwise, and at most; milliseconds. */
const usualShare = 15 * 60_000;
const longestShare = 86_400_000;

const help = `
Each user of this machine has a state directory, and so a CA, of its own: run it as the user that Sallyport runs as.
The CA is made if the state directory has none yet; a line on the error output says so. Clients that trust its root trust every certificate of it.

Examples:
  sallyport ca root > root.pem
  sallyport ca export root.mobileconfig
  sallyport ca issue printer.internal 192.168.1.20
  sallyport ca issue --client alice
  sallyport ca share --listen 192.168.1.10     (a page for phones, by QR code)`;

export function caVerb(context: Context): Command {
  const ca = new Command('ca')
    .usage('root|issue|export|share')
    .description('the in-house CA')
    .helpCommand(false)
    .addHelpText('after', help);
  const verb = (name: string, description: string): Command =>
    ca
      .command(name)
      .description(description)
      .option(...configOption)
      .option('--state <directory>', 'state directory, instead of the one the configuration names')
      .option('--json', 'print the facts as JSON')
      .addHelpText('after', help);
  verb('root', "print the in-house CA's root certificate, PEM").action((options: CaOptions) => root(context, options));
  verb('issue', 'make a certificate for another machine, or for a client')
    .argument('<names...>', 'host names and addresses of that machine; with --client the name of a person or program')
    .option('--client', 'one that a client shows to sites with clientCertificates: internal')
    .option('--days <number>', 'how long it is valid, at most 825 (default: 90)', parseDays)
    .option('--out <directory>', 'where NAME.pem and NAME.key are written (default: here)')
    .action((names: readonly string[], options: CaOptions) => issue(context, names, options));
  verb('export', 'write the root for a device: .pem, .der (.cer, .crt) or .mobileconfig by the name of the file')
    .argument('<file>', 'for example root.mobileconfig for Apple devices, root.crt for Android and Windows')
    .action((file: string, options: CaOptions) => exportRoot(context, file, options));
  verb('share', 'show a QR code of a page, served for a while, where phones and computers fetch the root')
    .option(
      '--listen <address>',
      'address of this machine, or address:port; default: 127.0.0.1, any port',
      parseShareAddress,
    )
    .option('--for <duration>', 'how long, such as 1h (default: 15m)', parseShareTime)
    .action(async (options: CaOptions) => shareVerb(context, options, await findRoot(context, options)));
  return ca;
}

async function root(context: Context, options: CaOptions): Promise<void> {
  const { out } = context.terminal;
  const { path, pem } = await context.parts.rootCertificate(await findRoot(context, options));
  out.line(options.json ? JSON.stringify({ path, pem }, null, 2) : pem.trimEnd());
}

/** The CA whose root is asked for; made, and told, if there is none yet. */
async function findRoot(context: Context, options: CaOptions): Promise<AuthorityPlace> {
  const { parts, terminal } = context;
  const place = await findPlace(context, options);
  if (parts.hasAuthority(place.state)) return place;
  if (options.state === undefined && place.state === parts.defaultState()) refuseSecond(parts, place.state);
  await parts.rootCertificate(place);
  terminal.err.line(`sallyport: made a new in-house CA in ${place.state}`);
  return place;
}

/** Nobody who asks without naming a directory wants a second CA beside the one that serves. */
function refuseSecond({ systemState }: Parts, state: string): void {
  if (state === systemState || !existsSync(systemState)) return;
  throw new UserError(`there is no in-house CA in ${state}, but root's Sallyport keeps its state in ${systemState}`, {
    code: 'other-authority',
    cure: `Ask as root: \`sudo sallyport ca root\`. Or name the directory of a CA, new or not: --state ${state}.`,
  });
}

async function issue(context: Context, names: readonly string[], options: CaOptions): Promise<void> {
  const { parts, terminal } = context;
  const place = await findPlace(context, options);
  const { chain, key } = options.client
    ? await parts.issueClientCertificate(place, onlyName(names), options.days)
    : await parts.issueCertificate(place, names, options.days);
  const name = (names[0] ?? '').replace(/^\*/, '_').replaceAll(/[^A-Za-z0-9._-]/g, '-');
  const base = join(resolve(terminal.directory, options.out ?? '.'), name);
  const files = { certificate: `${base}.pem`, key: `${base}.key` };
  await writeNew(files.key, key, 0o600);
  await writeNew(files.certificate, chain, 0o644);
  if (options.json) terminal.out.line(JSON.stringify({ names, ...files }, null, 2));
  else if (options.client) {
    const pack = `openssl pkcs12 -export -in ${files.certificate} -inkey ${files.key} -out ${base}.p12`;
    terminal.out.line(`${files.certificate} and ${files.key}; for a browser or phone: \`${pack}\``);
  } else terminal.out.line(`${files.certificate} and ${files.key}; clients must trust the root: \`sallyport ca root\``);
}

function onlyName(names: readonly string[]): string {
  const [name, ...more] = names;
  if (name !== undefined && more.length === 0) return name;
  throw new UserError('a client certificate has one name', {
    code: 'usage',
    cure: 'put it in quotes if it has spaces in it',
    exitCode: 2,
  });
}

const forms: Readonly<Record<string, RootForm>> = {
  pem: 'pem',
  der: 'der',
  cer: 'der',
  crt: 'der',
  mobileconfig: 'mobileconfig',
};

async function exportRoot(context: Context, file: string, options: CaOptions): Promise<void> {
  const { parts, terminal } = context;
  const form = forms[/\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase() ?? ''];
  if (form === undefined) {
    throw new UserError(`the name of ${file} does not tell the form`, {
      code: 'unknown-form',
      cure: `end it in one of ${Object.keys(forms).join(', ')}`,
      exitCode: 2,
    });
  }
  const path = resolve(terminal.directory, file);
  await writeNew(path, await parts.exportRoot(await findPlace(context, options), form), 0o644);
  terminal.out.line(options.json ? JSON.stringify({ path, form }, null, 2) : `wrote ${path}`);
}

/** Never over a file that is there: it may be the only copy of a key. */
async function writeNew(path: string, content: string | Buffer, mode: number): Promise<void> {
  try {
    await writeFile(path, content, { mode, flag: 'wx' });
  } catch (error) {
    const code = systemErrorCode(error);
    const why = code === 'EEXIST' ? 'it is there already' : code === 'ENOENT' ? 'there is no such directory' : code;
    throw new UserError(`cannot write ${path}; ${why}`, {
      code: 'not-written',
      cure: 'move it away or choose another place',
    });
  }
}

function parseDays(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days > 0) return days;
  throw new InvalidArgumentError('wanted is a number of days');
}

/** An address, `address:port`, or a port of loopback: other machines get at the page only where that is asked for. */
function parseShareAddress(text: string): ListenAddress {
  if (isIP(text) !== 0) return { host: text, port: 0 };
  const [address] = parseListen(text);
  if (address === undefined) throw new InvalidArgumentError('wanted is an address of this machine');
  return address.host === '' ? { ...address, host: '127.0.0.1' } : address;
}

function parseShareTime(text: string): number {
  const outcome = parseDuration(text);
  if (outcome.value !== undefined && outcome.value > 0 && outcome.value <= longestShare) return outcome.value;
  throw new InvalidArgumentError('wanted is a duration such as 10m, at most a day');
}

async function shareVerb({ parts, terminal }: Context, options: CaOptions, place: AuthorityPlace): Promise<void> {
  const [pem, der, mobileconfig] = await Promise.all([
    parts.exportRoot(place, 'pem'),
    parts.exportRoot(place, 'der'),
    parts.exportRoot(place, 'mobileconfig'),
  ]);
  const { share } = await import('../share/share.ts');
  await share(
    terminal,
    { 'root.pem': pem, 'root.crt': der, 'root.mobileconfig': mobileconfig },
    {
      address: options.listen ?? { host: '127.0.0.1', port: 0 },
      lasts: options.for ?? usualShare,
      json: options.json ?? false,
    },
  );
}

async function findPlace({ parts, terminal }: Context, options: CaOptions): Promise<AuthorityPlace> {
  if (options.state !== undefined) return { state: resolve(terminal.directory, options.state), authority: null };
  const file = findConfigFile(terminal, options.config);
  if (!file) return { state: parts.defaultState(), authority: null };
  const { settings } = await parts.readSettings(file);
  return settings;
}
