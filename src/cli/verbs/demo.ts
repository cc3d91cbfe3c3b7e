import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { DemoApp } from '../../demo/app.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { UserError } from '../../model/errors.ts';
import type { ListenAddress } from '../../model/settings.ts';
import { parseListen, siteUrl } from '../addresses.ts';
import type { Context } from '../context.ts';
import type { RootCertificate } from '../parts.ts';
import { serve } from '../serve.ts';
import { shellWord } from '../shell-word.ts';
import { trustAdvice } from '../trust-advice.ts';

interface DemoOptions {
  readonly http: readonly ListenAddress[];
  readonly https: readonly ListenAddress[];
  readonly state?: string;
  readonly control?: string;
}

/** Nobody wants to wait for a demo; milliseconds. */
const drainTimeout = 2_000;

const help = `
The sample app has a page, a JSON echo (/api/echo), a WebSocket echo (/ws) and server-sent events (/events).
It is served to this machine only, unless an address is given with the port.

Example:
  sallyport demo --https 9443 --http 9080`;

export function demoVerb(context: Context): Command {
  return new Command('demo')
    .description('the bundled sample app behind HTTPS on https://localhost:8443')
    .addOption(port('--https <address>', 'HTTPS: a port or address:port', 8443))
    .addOption(port('--http <address>', 'plain HTTP, which redirects: a port, address:port or off', 8080))
    .option('--state <directory>', 'where the in-house CA is kept')
    .option('--control <socket>', 'control socket (default: inside the state directory)')
    .addHelpText('after', help)
    .action(async (options: DemoOptions) => {
      const { startDemoApp } = await import('../../demo/app.ts');
      const app = await startDemoApp();
      try {
        context.exitWith(await serveDemo(context, app, options));
      } catch (error) {
        throw suggestPorts(error);
      } finally {
        await app.close();
      }
    });
}

function port(flags: string, description: string, value: number): Option {
  return new Option(flags, description).argParser(parseListen).default([{ host: '', port: value }], String(value));
}

function serveDemo(context: Context, app: DemoApp, options: DemoOptions): Promise<0 | 1> {
  const { parts, terminal } = context;
  const { settings } = parts.settingsForHosts({
    hosts: ['localhost'],
    target: `127.0.0.1:${app.port}`,
    tls: 'internal',
    http: options.http.flatMap(onLoopback),
    https: options.https.flatMap(onLoopback),
    ...(options.state !== undefined && { state: resolve(terminal.directory, options.state) }),
    ...(options.control !== undefined && { control: resolve(terminal.directory, options.control) }),
  });
  return serve(context, {
    settings: { ...settings, limits: { ...settings.limits, drainTimeout } },
    reread: null,
    announce: async (gateway) => announce(context, app, gateway, await parts.rootCertificate(settings)),
    // Its clock never ends by itself.
    stopping: () => void app.close(),
  });
}

function suggestPorts(error: unknown): unknown {
  if (!(error instanceof UserError) || error.code !== 'port-in-use') return error;
  const cure =
    `${error.cure ?? ''} Other ports are given like this: \`sallyport demo --https 9443 --http 9080\`.`.trimStart();
  return new UserError(error.message, { code: error.code, cure, cause: error });
}

/** A port alone means this machine only, by either family: a demo is no business of the network's. */
function onLoopback(address: ListenAddress): readonly ListenAddress[] {
  if (address.host !== '') return [address];
  const addresses = [{ host: '127.0.0.1', port: address.port }];
  // Two families cannot agree on a port the system is to choose.
  if (address.port !== 0 && hasLoopback6()) addresses.push({ host: '::1', port: address.port });
  return addresses;
}

function hasLoopback6(): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some((each) => each.address === '::1'));
}

function announce({ terminal: { out } }: Context, app: DemoApp, gateway: Gateway, root: RootCertificate): void {
  const https = gateway.addresses.find((address) => address.scheme === 'https');
  const http = gateway.addresses.find((address) => address.scheme === 'http');
  const heading = (text: string): string => out.paint('bold', text);
  const faint = (text: string): string => out.paint('dim', text);
  out.line();
  out.line(`  ${out.paint(['bold', 'green'], 'Sallyport')} puts HTTPS in front of a sample app.`);
  out.line();
  if (https) {
    const url = siteUrl('https', 'localhost', https.port);
    out.line(`  ${heading('Open')}  ${out.paint(['cyan', 'underline'], url)}`);
    if (http) out.line(`        ${siteUrl('http', 'localhost', http.port)} ${faint('redirects there')}`);
    out.line(`  ${heading('App')}   http://127.0.0.1:${app.port}/ ${faint('plain HTTP, this machine only')}`);
    out.line(`  ${heading('Root')}  ${root.path}`);
    out.line(`        ${faint('The in-house CA stays in that directory; the next demo uses it again.')}`);
    out.line();
    out.line(`  ${heading('Try')}   curl --cacert ${shellWord(root.path)} ${url}`);
    out.line();
  }
  out.line(`  A browser warns until it trusts the root of this machine's own CA:`);
  for (const { where, how } of trustAdvice(root.path, process.platform)) {
    for (const [index, line] of how.entries()) {
      out.line(`    ${(index === 0 ? where : '').padEnd(8)}${faint(line)}`);
    }
  }
  out.line();
  out.line(`  ${heading('Ctrl-C')} stops it.`);
  out.line();
}
