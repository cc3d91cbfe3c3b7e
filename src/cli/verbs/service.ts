import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { removeServiceFiles, serviceFiles, serviceUser, writeServiceFiles } from '../../gateway/systemd/install.ts';
import { describeError, UserError } from '../../model/errors.ts';
import { programCommand } from '../../model/program.ts';
import type { Settings } from '../../model/settings.ts';
import { configOption, requireConfigFile } from '../config-file.ts';
import type { Context } from '../context.ts';
import { printWarnings } from '../print-error.ts';
import { shellWord } from '../shell-word.ts';

interface InstallOptions {
  readonly config?: string;
  readonly user?: string;
  readonly dynamic?: true;
  readonly socketActivation?: true;
  readonly print?: true;
  readonly root: string;
  readonly json?: true;
}

type UninstallOptions = Pick<InstallOptions, 'root' | 'json'>;

const help = `
The service runs as the user sallyport, who is made if need be, and may do nothing but bind ports below 1024, read the system and write
its state. With --socket-activation systemd listens: the service has no rights at all, and not even a restart refuses a connection.
With --user root it may become other users: for apps that run as users of their own. \`systemctl reload sallyport\` takes up a
changed configuration; after changing listen, state, control or logs, install again.

Examples:
  sallyport service install
  sallyport service install --dynamic --print
  sallyport service uninstall`;

export function serviceVerb(context: Context): Command {
  const service = new Command('service')
    .usage('install|uninstall')
    .description('run as a service of systemd')
    .helpCommand(false)
    .addHelpText('after', help);
  service
    .command('install')
    .description('write a systemd unit with the least rights that work')
    .option(...configOption)
    .option('--user <name>', `whom it runs as (default: ${serviceUser}, made if there is none)`)
    .option('--dynamic', 'run as a user that systemd makes up')
    .option('--socket-activation', 'let systemd listen on the ports')
    .option('--print', 'print the files instead of writing them')
    .option('--root <directory>', 'write below this directory, for an image of another machine', '/')
    .option('--json', 'print the facts as JSON')
    .addHelpText('after', help)
    .action((options: InstallOptions) => install(context, options));
  service
    .command('uninstall')
    .description('stop the service and remove what install wrote; configuration and state stay')
    .option('--root <directory>', 'remove below this directory', '/')
    .option('--json', 'print the facts as JSON')
    .addHelpText('after', help)
    .action((options: UninstallOptions) => uninstall(context, options));
  return service;
}

async function install(context: Context, options: InstallOptions): Promise<void> {
  const { parts, terminal } = context;
  const { out } = terminal;
  if (options.dynamic && options.user !== undefined) {
    throw new UserError('--user and --dynamic exclude each other', { code: 'usage', exitCode: 2 });
  }
  const config = requireConfigFile(terminal, options.config);
  const { settings, warnings } = await parts.readSettings(config);
  printWarnings(terminal, warnings);
  const user = options.dynamic ? 'dynamic' : (options.user ?? settings.user ?? serviceUser);
  checkApps(settings, user);
  const socketActivation = options.socketActivation === true;
  const unit = { program: programCommand(), config, user, socketActivation };
  const files = serviceFiles(asService(context, settings), unit);
  if (options.print) {
    if (options.json) out.line(JSON.stringify({ files }, null, 2));
    else out.line(files.map(({ path, text }) => `# ${path}\n${text}`).join('\n'));
    return;
  }
  const root = resolve(terminal.directory, options.root);
  const isHere = root === '/';
  writeServiceFiles(files, root);
  const wrote = files.map(({ path }) => join(root, path));
  if (!options.json) for (const path of wrote) out.line(`wrote ${path}`);
  if (user === serviceUser) run('systemd-sysusers', isHere ? ['sallyport.conf'] : [`--root=${root}`]);
  if (isHere) await warnOfUnreadable(context, user === 'dynamic' ? 'nobody' : user, [...unit.program, config]);
  if (isHere && hasSystemd()) run('systemctl', ['daemon-reload']);
  const start = `systemctl enable --now ${socketActivation ? 'sallyport.socket sallyport' : 'sallyport'}`;
  const undo = 'sallyport service uninstall';
  out.line(options.json ? JSON.stringify({ wrote, user, start, undo }, null, 2) : `start:  ${start}\nundo:   ${undo}`);
}

/** A service that is no root's cannot start apps as others. */
function checkApps({ apps }: Settings, user: string): void {
  const other = apps.find((app) => app.user !== null && app.user !== user);
  if (user === 'root' || other === undefined) return;
  throw new UserError(`the app ${other.name} is to run as ${other.user}, and only root can start it`, {
    code: 'service-not-root',
    cure: 'Install with --user root, and write `user: sallyport` into the configuration: what clients speak to is that user then.',
  });
}

/** Tries what the service will do first. Only a warning: groups may be given to the user later. */
async function warnOfUnreadable({ terminal }: Context, user: string, paths: readonly string[]): Promise<void> {
  const { findUnreadable } = await import('../../gateway/systemd/readable.ts');
  const unreadable = await findUnreadable(
    user,
    paths.filter((path) => path.startsWith('/')),
  );
  if (unreadable === null) return;
  const place = /^\/(?:var\/)?tmp\//.test(unreadable) ? 'Services have a /tmp of their own: move it' : 'Move it';
  const warning = new UserError(`the user ${user} cannot read ${unreadable}`, {
    code: 'service-unreadable',
    cure: `${place} to where that user may read it, or \`chgrp ${user} ${shellWord(unreadable)} && chmod 640 ${shellWord(unreadable)}\`.`,
  });
  printWarnings(terminal, [warning]);
}

/** Where nothing is configured, the service uses root's places whoever prints its unit. */
function asService({ parts }: Context, settings: Settings): Settings {
  if (settings.state !== parts.defaultState()) return settings;
  const state = parts.systemState;
  const isDefault = settings.control === parts.defaultControl(settings.state);
  return { ...settings, state, control: isDefault ? parts.defaultControl(state) : settings.control };
}

function uninstall({ terminal: { out, directory } }: Context, options: UninstallOptions): void {
  const root = resolve(directory, options.root);
  const here = root === '/' && hasSystemd();
  const units = ['sallyport.socket', 'sallyport.service'].filter((unit) =>
    existsSync(join(root, '/etc/systemd/system', unit)),
  );
  if (here && units.length > 0) run('systemctl', ['disable', '--now', ...units]);
  const removed = removeServiceFiles(root).map((path) => join(root, path));
  if (here) run('systemctl', ['daemon-reload']);
  if (options.json) return out.line(JSON.stringify({ removed }, null, 2));
  for (const path of removed) out.line(`removed ${path}`);
  if (removed.length === 0) out.line('no service is installed');
  else out.line('left as they are: the configuration, /var/lib/sallyport, and the user sallyport');
}

function hasSystemd(): boolean {
  return existsSync('/run/systemd/system');
}

function run(command: string, args: readonly string[]): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    throw new UserError(`${command} ${args.join(' ')} failed; ${describeError(error)}`, {
      code: 'command-failed',
      cause: error,
    });
  }
}
