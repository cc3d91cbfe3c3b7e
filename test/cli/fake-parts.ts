/** Parts for the command line that serve nothing, so that its own behaviour can be watched from outside. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Parts } from '../../src/cli/parts.ts';
import type { Gateway } from '../../src/gateway/gateway.ts';
import { defaultAcme } from '../../src/model/acme.ts';
import type { AppFacts } from '../../src/model/app.ts';
import { UserError } from '../../src/model/errors.ts';
import { defaultLimits } from '../../src/model/limits.ts';
import type { BoundAddress, Settings } from '../../src/model/settings.ts';
import { noHeaderRules, type SiteSettings } from '../../src/model/site.ts';
import type { CertificateFacts, Status } from '../../src/model/status.ts';
import { groupOf } from '../../src/model/target-group.ts';
import { newCounters } from '../../src/wire/http2/counters.ts';

function fakeSite(names: readonly string[], target: string): SiteSettings {
  return {
    name: names[0] ?? '',
    names,
    tls: { mode: 'internal' },
    routes: [
      {
        path: '/',
        action: {
          kind: 'proxy',
          group: groupOf({ kind: 'tcp', name: target, host: '127.0.0.1', port: 1, http2: false, tls: null }),
          stripPrefix: false,
        },
        headers: noHeaderRules,
      },
    ],
  };
}

export function fakeSettings(changes: Partial<Settings> & { state: string }): Settings {
  return {
    user: null,
    group: null,
    file: null,
    listen: { http: [{ host: '', port: 80 }], https: [{ host: '', port: 443 }] },
    control: join(changes.state, 'control.sock'),
    trustedProxies: [],
    http2: true,
    workers: 1,
    acme: defaultAcme,
    resolvers: [],
    authority: null,
    logs: { access: 'stdout', errors: 'stderr', format: 'combined' },
    limits: defaultLimits,
    sites: [fakeSite(['example.test'], '127.0.0.1:8080')],
    apps: [],
    ...changes,
  };
}

export function fakeStatus(settings: Settings, reloads = 0): Status {
  return {
    version: '0.0.0',
    pid: process.pid,
    startedAt: '2026-01-01T00:00:00.000Z',
    configFile: settings.file,
    configuredAt: '2026-01-01T00:00:00.000Z',
    reloads,
    listeners: bound(settings),
    sites: settings.sites.map(({ name, names }) => ({
      name,
      names,
      tls: 'internal',
      certificate: { notAfter: '2026-04-01T00:00:00.000Z', issuer: 'Test Root' },
      routes: [{ path: '/', to: '127.0.0.1:8080' }],
    })),
    certificates: settings.sites.map(fakeCertificate),
    issuers: [],
    dynamicDns: null,
    counters: {
      connections: 3,
      tunnels: 1,
      acceptedConnections: 1234,
      requests: 98_765,
      refusedRequests: 7,
      upstreamFailures: 2,
      failedHandshakes: 5,
      http2: newCounters(),
    },
    memory: { rssBytes: 64 * 1024 * 1024 },
    workers: [],
    targets: [],
    apps: [],
  };
}

function fakeCertificate({ name, names }: SiteSettings): CertificateFacts {
  return {
    name,
    names,
    source: 'internal',
    state: 'valid',
    issuer: 'Test Root',
    notBefore: '2026-01-01T00:00:00.000Z',
    notAfter: '2026-04-01T00:00:00.000Z',
    daysLeft: 90,
    nextAttempt: null,
    renewal: null,
    attempts: 0,
    failingSince: null,
    lastError: null,
    unsaved: '',
  };
}

function fakeApp(name: string): AppFacts {
  const since = '2026-01-01T00:00:00.000Z';
  return { name, state: 'ready', pids: [1], since, restarts: 1, program: 'app', target: '', lastError: null };
}

function bound({ listen }: Settings): BoundAddress[] {
  return [
    ...listen.https.map((address) => ({ scheme: 'https', ...address }) as const),
    ...listen.http.map((address) => ({ scheme: 'http', ...address }) as const),
  ];
}

/** Does nothing until it is stopped; `drain` is how long a graceful stop takes (milliseconds, Infinity: for ever). */
function fakeGateway(settings: Settings, drain: number): Gateway {
  let reloads = 0;
  let served = settings;
  const say = (level: string) => (message: string) => console.error(`log ${level}: ${message}`);
  const alive = setInterval(() => {}, 1 << 30);
  return {
    addresses: bound(settings),
    log: { error: say('error'), warn: say('warn'), info: say('info') },
    get settings() {
      return served;
    },
    status: async () => fakeStatus(served, reloads),
    reload: async (next) => {
      if (next.sites.length === 0) throw new UserError('nothing to serve; there are no sites', { code: 'no-sites' });
      served = next;
      reloads++;
    },
    renewCertificate: async () => fakeCertificate(served.sites[0]!),
    examineCertificate: async () => [],
    importCertificate: async () => fakeCertificate(served.sites[0]!),
    drainTarget: async () => [],
    restartApp: async (name) => fakeApp(name),
    appLines: () => [],
    reopenLogs: async () => console.error('fake: logs reopened'),
    bequest: () => ({ sockets: [], tickets: { current: Buffer.alloc(32), previous: Buffer.alloc(32) } }),
    handOver: async () => {},
    takeBack: async () => {},
    succeed: async () => {},
    stop: () => {
      console.error('fake: draining');
      return new Promise((resolve) => {
        if (drain === Number.POSITIVE_INFINITY) return;
        setTimeout(() => {
          clearInterval(alive);
          resolve();
        }, drain);
      });
    },
    kill: () => {
      clearInterval(alive);
      console.error('fake: killed');
    },
  };
}

/**
 * A "configuration" here is a list of site names, one a line. A line `bad` or `bad:` is an error at that line, `odd` a warning,
 * `crash` no UserError.
 */
function readFakeFile(file: string, state: string): { settings: Settings; warnings: UserError[] } {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const at = (wanted: string, exitCode: 1 | 2): UserError[] =>
    lines.flatMap((line, index) =>
      line.replace(/:$/, '') === wanted
        ? [
            new UserError(`"${wanted}" is no site`, {
              code: `${wanted}-site`,
              at: { file, line: index + 1, column: 1 },
              cure: 'Write a host name.',
              exitCode,
            }),
          ]
        : [],
    );
  if (lines.includes('crash')) throw new TypeError('undefined is not a configuration');
  const errors = at('bad', 2);
  if (errors.length > 0) throw new AggregateError(errors);
  const sites = lines.filter((line) => line !== 'odd').map((name) => fakeSite([name], '127.0.0.1:8080'));
  return { settings: fakeSettings({ file, state, sites }), warnings: at('odd', 1) };
}

export function fakeParts(env: NodeJS.ProcessEnv): Parts {
  const state = env.FAKE_STATE ?? '/nonexistent';
  return {
    readSettings: async (file) => readFakeFile(file, state),
    settingsForHosts: ({ hosts, target, http, https, control, state: own = state }) => ({
      warnings: [],
      settings: fakeSettings({
        state: own,
        ...(control !== undefined && { control }),
        listen: { http: http ?? [{ host: '', port: 80 }], https: https ?? [{ host: '', port: 443 }] },
        sites: [fakeSite(hosts, target)],
      }),
    }),
    rootCertificate: async ({ state: directory }) => ({
      path: join(directory, 'root.pem'),
      pem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    }),
    hasAuthority: (directory) => existsSync(join(directory, 'authority')),
    systemState: env.FAKE_SYSTEM_STATE ?? '/nonexistent',
    storedCertificates: async (settings) => settings.sites.map(fakeCertificate),
    importCertificate: async (settings) => fakeCertificate(settings.sites[0]!),
    examineMachine: async () => [],
    examineApps: async () => [],
    askTargets: async () => [],
    examineCertificate: async () => [],
    issueCertificate: async () => ({ chain: 'chain\n', key: 'key\n' }),
    issueClientCertificate: async () => ({ chain: 'chain\n', key: 'key\n' }),
    exportRoot: async (_state, form) => form,
    defaultState: () => state,
    defaultControl: (directory) => join(directory, 'control.sock'),
    startGateway: async (settings) => {
      if (env.FAKE_START === 'fails')
        throw new UserError('port 443 is in use by nginx (pid 1)', { code: 'port-in-use', cure: 'Stop it.' });
      if (env.FAKE_THROW)
        setTimeout(() => {
          throw new Error('a bug');
        }, 50);
      return fakeGateway(settings, Number(env.FAKE_DRAIN ?? 0));
    },
  };
}
