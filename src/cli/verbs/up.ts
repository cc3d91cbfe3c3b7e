import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { Gateway } from '../../gateway/gateway.ts';
import { UserError } from '../../model/errors.ts';
import type { ListenAddress, Settings } from '../../model/settings.ts';
import { parseListen, siteUrl } from '../addresses.ts';
import type { Context } from '../context.ts';
import type { ReadSettings } from '../parts.ts';
import { printWarnings } from '../print-error.ts';
import { serve } from '../serve.ts';

interface UpOptions {
  readonly http?: readonly ListenAddress[];
  readonly https?: readonly ListenAddress[];
  readonly state?: string;
  readonly control?: string;
  readonly tls?: 'internal' | 'auto' | 'off';
}

const help = `
Arguments:
  HOST...   the names the app is reached by; the first is the site's own, the others its aliases
  TARGET    where the app listens: a port, host:port, http://..., https://..., h2c://..., h2://...
            or unix:/path

Examples:
  sallyport up terrax9.se www.terrax9.se 8080
  sallyport up --https 8443 --http off notes.internal 127.0.0.1:5000`;

export function upVerb(context: Context): Command {
  return new Command('up')
    .description('HTTPS for one app, no file needed')
    .usage('[options] HOST... TARGET')
    .argument('<names-and-target...>')
    .addOption(
      new Option('--http <address>', 'plain HTTP: a port, address:port or off (default: 80)').argParser(parseListen),
    )
    .addOption(new Option('--https <address>', 'HTTPS, likewise (default: 443)').argParser(parseListen))
    .option('--state <directory>', 'certificates, accounts and the in-house CA')
    .option('--control <socket>', 'control socket (default: inside the state directory)')
    .addOption(new Option('--tls <source>', 'where the certificate comes from').choices(['internal', 'auto', 'off']))
    .configureHelp({ visibleArguments: () => [] })
    .addHelpText('after', help)
    .action(async (words: readonly string[], options: UpOptions) => {
      const { settings, warnings } = settingsFor(context, words, options);
      printWarnings(context.terminal, warnings);
      const announce = (gateway: Gateway): Promise<void> => announceSites(context, settings, gateway);
      context.exitWith(await serve(context, { settings, reread: null, announce }));
    });
}

function settingsFor({ parts, terminal }: Context, words: readonly string[], options: UpOptions): ReadSettings {
  const hosts = words.slice(0, -1);
  const target = words.at(-1) ?? '';
  if (hosts.length === 0) {
    throw new UserError(`'${target}' is all there is; wanted are a host name and the app's target`, {
      code: 'missing-target',
      cure: 'Name both, as in `sallyport up notes.internal 8080`.',
      exitCode: 2,
    });
  }
  const { state, control, ...rest } = options;
  return parts.settingsForHosts({
    hosts,
    target,
    ...rest,
    ...(state !== undefined && { state: resolve(terminal.directory, state) }),
    ...(control !== undefined && { control: resolve(terminal.directory, control) }),
  });
}

async function announceSites(context: Context, settings: Settings, gateway: Gateway): Promise<void> {
  const { parts, terminal } = context;
  const portOf = (scheme: string): number | undefined =>
    gateway.addresses.find((address) => address.scheme === scheme)?.port;
  for (const site of settings.sites) {
    const scheme = site.tls.mode === 'off' ? 'http' : 'https';
    const port = portOf(scheme);
    if (port === undefined) continue;
    for (const name of site.names) terminal.out.line(siteUrl(scheme, name, port));
  }
  if (settings.sites.some((site) => site.tls.mode === 'internal')) {
    const { path } = await parts.rootCertificate(settings);
    terminal.out.line(`root certificate for clients to trust: ${path}`);
  }
}
