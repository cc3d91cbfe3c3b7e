import { dirname } from 'node:path';
import { bracketed } from '../../model/host.ts';
import type { ListenAddress, Settings } from '../../model/settings.ts';

/** What the units of a service depend on beside its configuration. */
export interface UnitOptions {
  /** The command that starts this program, with absolute paths. */
  readonly program: readonly string[];
  /** Absolute path of the configuration. */
  readonly config: string;
  /** Whom it runs as; `dynamic`: a user that systemd makes up while the service runs. */
  readonly user: string | 'dynamic';
  /** systemd listens and hands over the sockets. */
  readonly socketActivation: boolean;
}

/** The state directory that the units provide. */
const serviceState = '/var/lib/sallyport';

/**
 * The text of `sallyport.service`: the least rights that work. As a user of its own the service may bind low ports, and with sockets from
 * systemd not even that; as root it may besides become other users, for apps that have one.
 */
export function serviceUnit(settings: Settings, options: UnitOptions): string {
  const { program, config, user, socketActivation } = options;
  const command = program.map(quoted).join(' ');
  const file = quoted(config);
  return sections({
    Unit: [
      'Description=Sallyport, HTTPS in front of apps that speak plain HTTP',
      'Documentation=man:sallyport(1)',
      'Wants=network-online.target',
      'After=network-online.target nss-lookup.target',
      ...(socketActivation ? ['Requires=sallyport.socket', 'After=sallyport.socket'] : []),
    ],
    Service: [
      'Type=notify',
      '# systemd-notify speaks for the service.',
      'NotifyAccess=all',
      `ExecStart=${command} run -c ${file}`,
      `ExecReload=${command} reload -c ${file}`,
      'WatchdogSec=60',
      'Restart=on-failure',
      'RestartSec=1',
      '# An invalid configuration does not get better by itself.',
      'RestartPreventExitStatus=2',
      '# Running requests may finish: limits.drainTimeout, and some time for the rest.',
      `TimeoutStopSec=${stopSeconds(settings)}`,
      'KillMode=mixed',
      'LimitNOFILE=524288',
      '',
      ...identity(user),
      ...places(settings),
      '',
      ...capabilities(user, socketActivation),
      ...sandbox(user, [...program, config, ...settings.apps.map(({ home }) => home)]),
    ],
    Install: ['WantedBy=multi-user.target', ...(socketActivation ? ['Also=sallyport.socket'] : [])],
  });
}

/** The text of `sallyport.socket`: systemd listens where the configuration says. */
export function socketUnit({ listen }: Settings): string {
  const addresses = [...listen.http, ...listen.https];
  return sections({
    Unit: ['Description=Where Sallyport listens', 'Documentation=man:sallyport(1)'],
    Socket: [
      ...addresses.map((address) => `ListenStream=${listenStream(address)}`),
      ...(addresses.some(({ host }) => host === '') ? [] : ['BindIPv6Only=ipv6-only']),
      'Backlog=4096',
    ],
    Install: ['WantedBy=sockets.target'],
  });
}

function listenStream({ host, port }: ListenAddress): string {
  return host === '' ? String(port) : `${bracketed(host)}:${port}`;
}

function stopSeconds({ limits, apps }: Settings): string {
  const forApps = Math.max(0, ...apps.map(({ stopTimeout }) => stopTimeout));
  return limits.drainTimeout === 0 ? 'infinity' : String(Math.ceil((limits.drainTimeout + forApps) / 1000) + 15);
}

function identity(user: UnitOptions['user']): string[] {
  if (user === 'dynamic') return ['DynamicUser=yes', 'User=sallyport'];
  return [`User=${user}`];
}

/**
 * The directories it writes to: made by systemd where they are in the usual places, else opened for writing (they must exist). Its apps may write to
 * their own, as far as their users may.
 */
function places({ state, control, logs, apps }: Settings): string[] {
  const logFiles = [logs.access, logs.errors].filter((place) => place.startsWith('/'));
  const written = new Set([state, dirname(control), ...logFiles.map((file) => dirname(file))]);
  written.delete(serviceState);
  const lines = [
    'StateDirectory=sallyport',
    'StateDirectoryMode=0700',
    '# What is not configured is kept in /var/lib/sallyport.',
    'Environment=XDG_STATE_HOME=/var/lib',
  ];
  for (const [name, directory] of [
    ['LogsDirectory', '/var/log/sallyport'],
    ['RuntimeDirectory', '/run/sallyport'],
  ] as const)
    if (written.delete(directory)) lines.push(`${name}=sallyport`);
  const others = [...written].filter((directory) => !directory.startsWith(`${serviceState}/`));
  const homes = new Set(apps.map(({ home }) => `-${home}`));
  return [...lines, ...[...others, ...homes].map((place) => `ReadWritePaths=${place.replaceAll('%', '%%')}`)];
}

function capabilities(user: UnitOptions['user'], socketActivation: boolean): string[] {
  if (user === 'root') {
    const needed = 'CAP_NET_BIND_SERVICE CAP_SETUID CAP_SETGID CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE CAP_KILL';
    return [`CapabilityBoundingSet=${needed}`];
  }
  if (socketActivation) return ['CapabilityBoundingSet=', 'PrivateUsers=yes'];
  return ['CapabilityBoundingSet=CAP_NET_BIND_SERVICE', 'AmbientCapabilities=CAP_NET_BIND_SERVICE'];
}

/** V8 makes code while it runs, so `MemoryDenyWriteExecute` is out; it sizes its heap by /proc/meminfo, so is `ProcSubset`. */
function sandbox(user: UnitOptions['user'], read: readonly string[]): string[] {
  const atHome = read.some((path) => /^\/(?:home|root|run\/user)\//.test(path));
  return [
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    `ProtectHome=${atHome ? 'read-only' : 'yes'}`,
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'PrivateMounts=yes',
    'ProtectHostname=yes',
    'ProtectClock=yes',
    'ProtectKernelTunables=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelLogs=yes',
    'ProtectControlGroups=yes',
    'ProtectProc=invisible',
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'LockPersonality=yes',
    'RemoveIPC=yes',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    ...(user === 'root' ? [] : ['SystemCallFilter=~@privileged']),
    'SystemCallErrorNumber=EPERM',
    'UMask=0077',
  ];
}

/** `text` as one word of a unit's command line: systemd.syntax(7), with specifiers and variables switched off. */
function quoted(text: string): string {
  const literal = text.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[\w@%+=:,./$-]+$/.test(literal)) return literal;
  return `"${literal.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function sections(content: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(content)
    .map(([name, lines]) => `[${name}]\n${lines.join('\n')}\n`)
    .join('\n');
}
