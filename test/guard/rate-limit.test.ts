import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCurl } from '../support/clients.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { makeClientCa } from './client-ca.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope);
const ca = await makeClientCa(scope);
const config = (hours: string): string => `
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }
trustedProxies: [127.0.0.9]
logs: { access: off }
workers: 1
sites:
  api.test:
    rateLimit: ${hours}
    to: ${backend.port}
    routes:
      /a: ${backend.port}
      /login: { to: ${backend.port}, rateLimit: { requests: 1, per: 1h, burst: 2 } }
      /free: { to: ${backend.port}, rateLimit: false }
      /keyed: { to: ${backend.port}, rateLimit: [{ requests: 2, per: 1h, key: { header: X-Api-Key } }, 4/h] }
      /all: { to: ${backend.port}, rateLimit: { requests: 1, per: 1h, key: all } }
  named.test:
    to: ${backend.port}
    clientCertificates: { ca: ${ca.caFile}, mode: optional }
    rateLimit: { requests: 1, per: 1h, key: user }
  back.test: { to: ${backend.port}, rateLimit: 1/s }
`;
const gate = await startSallyport(scope, config('3/h'));
const root = join(gate.directory, 'state/authority/root.pem');

interface Answer {
  readonly status: number;
  readonly retryAfter: string;
  readonly limit: string;
  readonly policy: string;
}

async function ask(from: string, path: string, ...more: readonly string[]): Promise<Answer> {
  return askSite('api.test', from, path, ...more);
}

async function askSite(name: string, from: string, path: string, ...more: readonly string[]): Promise<Answer> {
  const place = [
    '--connect-to',
    `${name}:${gate.https}:127.0.0.1:${gate.https}`,
    '--interface',
    from,
    '--cacert',
    root,
  ];
  const args = [...place, '--output', '/dev/null', '--dump-header', '-', ...more];
  const { stdout, stderr } = await runCurl([...args, `https://${name}:${gate.https}${path}`]);
  assert.ok(stdout, stderr);
  const field = (wanted: string): string =>
    [...stdout.matchAll(new RegExp(`^${wanted}: (.*?)\r?$`, 'gim'))].map(([, value]) => value).join(', ');
  const status = Number(/^HTTP\/\S+ (\d+)/.exec(stdout)?.[1]);
  return { status, retryAfter: field('retry-after'), limit: field('ratelimit'), policy: field('ratelimit-policy') };
}

for (const [version, from] of [
  ['--http1.1', '127.0.2.1'],
  ['--http2', '127.0.2.2'],
] as const) {
  test(`beyond its rate a client gets 429 and is told when to come again (${version.slice(2)})`, async () => {
    const seen = backend.requests.length;
    for (const left of [2, 1, 0]) {
      const { status, limit, policy } = await ask(from, '/', version);
      assert.equal(status, 200);
      assert.match(limit, new RegExp(`^"address";r=${left};t=\\d+$`));
      assert.equal(policy, '"address";q=3;w=3600');
    }
    const { status, retryAfter, limit, policy } = await ask(from, '/', version);
    assert.equal(status, 429);
    assert.ok(Number(retryAfter) > 0 && Number(retryAfter) <= 1200, retryAfter);
    assert.equal(limit, `"address";r=0;t=${retryAfter}`);
    assert.equal(policy, '"address";q=3;w=3600');
    assert.equal(backend.requests.length - seen, 3);
  });
}

test('a limit of a site is one for all its routes; a route may have its own, or none', async () => {
  for (const path of ['/', '/a', '/a/b']) assert.equal((await ask('127.0.2.3', path)).status, 200);
  assert.equal((await ask('127.0.2.3', '/a')).status, 429);
  assert.equal((await ask('127.0.2.3', '/login')).status, 200);
  assert.equal((await ask('127.0.2.3', '/login')).status, 200);
  assert.equal((await ask('127.0.2.3', '/login')).status, 429);
  for (let n = 0; n < 5; n++) {
    const { status, limit } = await ask('127.0.2.3', '/free');
    assert.deepEqual([status, limit], [200, '']);
  }
});

test('clients are told apart by address; behind a trusted proxy by theirs, IPv6 by /64', async () => {
  const through = (client: string) => ask('127.0.0.9', '/login', '--header', `X-Forwarded-For: ${client}`);
  assert.equal((await through('203.0.113.1')).status, 200);
  assert.equal((await through('::ffff:203.0.113.1')).status, 200);
  assert.equal((await through('::FFFF:cb00:7101')).status, 429);
  assert.equal((await through('203.0.113.2')).status, 200);
  assert.equal((await through('2001:db8:0:1::1')).status, 200);
  assert.equal((await through('2001:DB8:0:1:ffff::1')).status, 200);
  assert.equal((await through('2001:db8:0:1:1:2:3:4')).status, 429);
  assert.equal((await through('2001:db8:0:2::1')).status, 200);
});

test('a field may tell clients apart, and several limits must agree', async () => {
  const as = (key: string) => ask('127.0.2.4', '/keyed', '--header', `x-api-key: ${key}`);
  const first = await as('one');
  assert.equal(first.limit.replaceAll(/;t=\d+/g, ''), '"header";r=1, "address";r=3');
  assert.equal((await as('one')).status, 200);
  assert.equal((await as('one')).status, 429);
  assert.equal((await as('two')).status, 200);
  assert.equal((await as('x'.repeat(5000))).status, 200);
  assert.equal((await as('three')).status, 429);
  assert.equal((await ask('127.0.2.5', '/keyed')).status, 200);
});

test('one limit may hold for everybody together', async () => {
  assert.equal((await ask('127.0.2.6', '/all')).status, 200);
  assert.equal((await ask('127.0.2.7', '/all')).status, 429);
});

test('users are told apart by name wherever they come from, the nameless by address', async () => {
  const [alice, bob] = [ca.issue('alice'), ca.issue('bob')];
  assert.equal((await askSite('named.test', '127.0.2.8', '/', '--cert', alice)).status, 200);
  assert.equal((await askSite('named.test', '127.0.2.9', '/', '--cert', alice)).status, 429);
  assert.equal((await askSite('named.test', '127.0.2.8', '/', '--cert', bob)).status, 200);
  assert.equal((await askSite('named.test', '127.0.2.8', '/')).status, 200);
  assert.equal((await askSite('named.test', '127.0.2.8', '/')).status, 429);
});

test('the requests of one HTTP/2 connection count one by one', async (t) => {
  const session = connect(`https://127.0.0.1:${gate.https}`, { servername: 'api.test', rejectUnauthorized: false });
  t.after(() => session.destroy());
  const streams = [1, 2, 3, 4].map(() => session.request({ ':authority': 'api.test', ':path': '/login' }));
  const heads = await Promise.all(streams.map((stream) => once(stream, 'response')));
  const statuses = heads.map(([head]) => Number(head[':status']));
  assert.deepEqual(statuses.sort(), [200, 200, 429, 429]);
});

test('tokens come back with time', async () => {
  const back = (): Promise<Answer> => askSite('back.test', '127.0.2.10', '/');
  assert.equal((await back()).status, 200);
  let tries = 0;
  while ((await back()).status !== 200) assert.ok(++tries < 1000);
});

test('a reload that does not change a limit forgets nothing; one that does begins anew', async () => {
  assert.equal((await ask('127.0.2.11', '/all')).status, 429);
  assert.equal((await gate.reload(`${config('3/h')}  more.test: ${backend.port}\n`)).code, 0);
  assert.equal((await ask('127.0.2.11', '/all')).status, 429);
  assert.equal((await ask('127.0.2.1', '/')).status, 429);
  assert.equal((await gate.reload(config('4/h'))).code, 0);
  assert.equal((await ask('127.0.2.1', '/')).status, 200);
});

test('with several workers a limit is one for all of them', async (t) => {
  const config = config2(backend.port);
  const many = await startSallyport(t, config);
  const from = ['--header', 'Host: many.test', '--output', '/dev/null', '--write-out', '%{http_code}'];
  const statuses: number[] = [];
  for (let n = 0; n < 20; n++) {
    const { stdout } = await runCurl([...from, `http://127.0.0.1:${many.http}/`]);
    statuses.push(Number(stdout));
  }
  const passed = statuses.filter((status) => status === 200).length;
  assert.ok(passed >= 5 && passed <= 6, statuses.join());
});

function config2(port: number): string {
  return `
listen: { http: "127.0.0.1:0", https: false }
logs: { access: off }
workers: 3
sites:
  many.test: { tls: off, to: ${port}, rateLimit: 5/h }
`;
}
