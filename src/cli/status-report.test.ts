import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Http2ErrorCounters, SiteStatus, Status } from '../model/status.ts';
import { statusLines } from './status-report.ts';
import type { Output } from './terminal.ts';

const noFaults: Http2ErrorCounters = {
  rapidResets: 0,
  provokedResets: 0,
  settingsFloods: 0,
  pingFloods: 0,
  emptyDataFloods: 0,
  windowUpdateFloods: 0,
  idleFrameFloods: 0,
  continuationFloods: 0,
  headerBombs: 0,
  unreadOutputs: 0,
  stalledStreams: 0,
  malformedRequests: 0,
  tooLargeHeads: 0,
  refusedStreams: 0,
  connectionErrors: 0,
};
const now = Date.parse('2026-03-01T12:00:00Z');
const plain: Output['paint'] = (_style, text) => text;
const tagged: Output['paint'] = (style, text) => `<${style}>${text.trim()}`;

function site(name: string, changes: Partial<SiteStatus> = {}): SiteStatus {
  return { name, names: [name], tls: 'internal', routes: [{ path: '/', to: '127.0.0.1:8080' }], ...changes };
}

function status(sites: readonly SiteStatus[]): Status {
  return {
    version: '1.2.3',
    pid: 42,
    startedAt: '2026-02-26T08:59:00.000Z',
    configFile: null,
    configuredAt: '2026-03-01T11:59:55.000Z',
    reloads: 0,
    listeners: [{ scheme: 'https', host: '', port: 443 }],
    sites,
    certificates: [],
    issuers: [],
    dynamicDns: null,
    counters: {
      connections: 0,
      tunnels: 0,
      acceptedConnections: 0,
      requests: 0,
      refusedRequests: 0,
      upstreamFailures: 0,
      failedHandshakes: 0,
      http2: noFaults,
    },
    memory: { rssBytes: 50 * 1024 * 1024 },
    workers: [],
    targets: [],
    apps: [],
  };
}

test('times are told in their two largest units', () => {
  const [running, config] = statusLines(status([]), now, plain);
  assert.equal(running, 'running      pid 42, version 1.2.3, up 3 d 3 h');
  assert.equal(config, 'config       from arguments, taken up 5 s ago');
});

test('what HTTP/2 clients did wrong is told when there is something to tell', () => {
  const quiet = status([]);
  assert.ok(statusLines(quiet, now, plain).every((line) => !line.startsWith('HTTP/2')));
  const http2 = { ...noFaults, rapidResets: 3, malformedRequests: 1 };
  const lines = statusLines({ ...quiet, counters: { ...quiet.counters, http2 } }, now, plain);
  assert.ok(lines.includes('HTTP/2       faults of clients: 3 rapid resets, 1 malformed requests'), lines.join('\n'));
});

test('each route and each alias has a place, in columns', () => {
  const two = site('anki.test', {
    names: ['anki.test', 'www.anki.test'],
    certificate: { notAfter: '2026-03-31T12:00:00Z', issuer: 'R1' },
    routes: [
      { path: '/msync', to: '127.0.0.1:27701' },
      { path: '/sync', to: 'unix:/run/anki.sock' },
    ],
  });
  assert.deepEqual(statusLines(status([two, site('b.test', { tls: 'off' })]), now, plain).slice(-4), [
    'SITE             PATH    TO                   TLS       CERTIFICATE',
    'anki.test        /msync  127.0.0.1:27701      internal  30 days left, R1',
    '  www.anki.test  /sync   unix:/run/anki.sock',
    'b.test           /       127.0.0.1:8080       off',
  ]);
});

const certificates: readonly [string, string | null, string][] = [
  ['far from its end', '2026-04-01T12:00:00Z', '<green>31 days left, R1'],
  ['near its end', '2026-03-02T13:00:00Z', '<yellow>1 day left, R1'],
  ['expired', '2026-02-28T11:00:00Z', '<red>expired 2026-02-28, R1'],
  ['missing', null, '<red>none yet'],
];

for (const [name, notAfter, wanted] of certificates) {
  test(`a certificate that is ${name} shows as such`, () => {
    const shown = site('a.test', notAfter === null ? {} : { certificate: { notAfter, issuer: 'R1' } });
    assert.ok(
      statusLines(status([shown]), now, tagged)
        .at(-1)
        ?.endsWith(wanted),
    );
  });
}
