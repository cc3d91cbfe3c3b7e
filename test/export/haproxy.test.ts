import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { stringify } from 'yaml';
import { makeClientCa } from '../guard/client-ca.ts';
import { needs } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { type Answer, askServer, type Question, startApp } from './echo.ts';
import { startServer } from './real-servers.ts';
import { caseDirectory, exportFile, furnish } from './support.ts';

const parts = needs('haproxy', 'openssl');
const scope = sharedScope();
const hosts = ['app.example.org', 'exact.wild.example.org', '*.wild.example.org', 'asked.example.org'];

const listening = { sallyport: { http: 0, https: 0 }, haproxy: { http: 0, https: 0 } };
let introduced = 0;
let ca: string;
let directory: string;
let alice: string;
let stranger: string;

before(async () => {
  if (parts.skip) return;
  directory = await caseDirectory(scope, hosts);
  ca = await readFile(join(directory, 'ca.pem'), 'utf8');
  const clients = await makeClientCa(scope);
  alice = await readFile(clients.issue('alice'), 'utf8');
  stranger = await readFile((await makeClientCa(scope, 'Other clients')).issue('stranger'), 'utf8');
  const app = await startApp(scope, 0);
  const tls = { certificate: join(directory, 'site.pem'), key: join(directory, 'site.key') };
  const configuration = (listen: object): string =>
    stringify({
      listen,
      state: join(directory, 'state'),
      control: join(directory, 'control.sock'),
      workers: 1,
      logs: { access: 'off', errors: 'stderr' },
      trustedProxies: ['127.0.0.1', '127.0.0.7'],
      sites: {
        'app.example.org': {
          tls,
          headers: { nosniff: true, frames: 'deny', secureCookies: true, hsts: true },
          routes: {
            '/open': app,
            '/open/secret': { to: app, deny: ['127.0.0.0/8'] },
            '/closed': { to: app, deny: ['127.0.0.0/8'] },
            '/api': { to: app, stripPrefix: true },
            '/limited': { to: app, rateLimit: { requests: 60, per: '10m', burst: 3 } },
            '/sticky': { to: [app, `localhost:${app}`], balance: { cookie: 'where' } },
          },
        },
        '*.wild.example.org': { tls, to: app, headers: { request: { set: { 'X-Site': 'wild' } } } },
        'exact.wild.example.org': { tls, to: app, headers: { request: { set: { 'X-Site': 'exact' } } } },
        'plain.example.org': { tls: 'off', to: app },
        'asked.example.org': {
          tls,
          clientCertificates: { ca: clients.caFile, mode: 'optional', passCertificate: true },
          to: app,
          routes: { '/admin': { to: app, clientCertificates: 'required' } },
        },
      },
    });
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const listen = (http: number, https: number, more: number): object => ({
    http: `127.0.0.1:${http}`,
    https: [`127.0.0.1:${https}`, { address: `127.0.0.1:${more}`, proxyProtocol: true }],
  });
  const sallyport = await startSallyport(scope, configuration({ http: '127.0.0.1:0', https: '127.0.0.1:0' }));
  await writeFile(join(directory, 'many.yaml'), configuration(listen(...ports)));
  const { text } = await exportFile(directory, 'many.yaml', 'haproxy');
  await furnish(directory, text);
  await startServer(scope, 'haproxy', { directory, text, port: ports[1] });
  Object.assign(listening.sallyport, { http: sallyport.http, https: sallyport.https });
  Object.assign(listening.haproxy, { http: ports[0], https: ports[1] });
  introduced = ports[2];
});

type Gate = keyof typeof listening;

function ask(gate: Gate, path: string, question: Question = {}): Promise<Answer> {
  return askServer({ ...listening[gate], ca }, path, question);
}

/** What both answered, as far as `pick` looks at it and with their ports alike. */
async function askBoth(
  path: string,
  question: Question,
  pick: (answer: Answer) => unknown,
): Promise<[unknown, unknown]> {
  const seen = async (gate: Gate): Promise<unknown> => {
    const text = JSON.stringify(pick(await ask(gate, path, question)) ?? null);
    return JSON.parse(text.replaceAll(new RegExp(`:(?:${Object.values(listening[gate]).join('|')})\\b`, 'g'), ':PORT'));
  };
  return [await seen('haproxy'), await seen('sallyport')];
}

async function assertSame(path: string, question: Question, pick: (answer: Answer) => unknown): Promise<void> {
  const [theirs, ours] = await askBoth(path, question, pick);
  assert.deepEqual(theirs, ours, path);
}

test('paths that can be read in two ways lead to no other route', parts, async () => {
  const paths = [
    '/closed',
    '/%63losed',
    '/open/..%2fclosed',
    '/open/%2e%2e/closed',
    '//closed',
    '/open/x;y',
    '/open%2fx',
  ];
  const more = [
    '/open/a%20b',
    '/closed%2fx',
    '/open/%5c..%5cclosed',
    '/closed;x',
    '/open/%ff',
    '/open//x',
    '/openx',
    '/api/%2e',
  ];
  const loose = ['SECRET', 'secret.json', 'Secret/x', 'secret%2ejson', 'secretx', 'public.JSON'].map(
    (one) => `/open/${one}`,
  );
  for (const path of [...paths, ...more, ...loose, '/OPEN'])
    await assertSame(path, {}, ({ status, told }) => [status, told?.url]);
});

test('the HTTP port sends to HTTPS, serves sites without TLS and knows no other names', parts, async () => {
  const questions: readonly (readonly [string, Question])[] = [
    ['/a%20b?c=d', { host: 'app.example.org' }],
    ['/', { host: 'APP.example.org.', method: 'POST' }],
    ['/', { host: 'exact.wild.example.org', method: 'HEAD' }],
    ['/', { host: 'a.b.wild.example.org' }],
    ['/', { host: 'unknown.example.org' }],
    ['/x', { host: 'plain.example.org' }],
  ];
  for (const [path, question] of questions)
    await assertSame(path, { ...question, plain: true }, ({ status, headers, told }) => [
      status,
      // Sallyport names the port that it was told about, HAProxy that of the file: both are the HTTPS port.
      headers.location,
      told?.url,
    ]);
});

test('a wildcard takes one label, and gives way to an exact name', parts, async () => {
  for (const host of ['exact.wild.example.org', 'other.wild.example.org']) {
    await assertSame('/', { host }, ({ status, told }) => [status, told?.headers['x-site']]);
  }
});

test('an unknown name gets no handshake', parts, async () => {
  const socket = connectTls({
    host: '127.0.0.1',
    port: listening.haproxy.https,
    servername: 'unknown.example.org',
    ca,
  });
  const [error] = await once(socket, 'error');
  assert.match(String(error), /unrecognized name/i);
});

const forwarding = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-real-ip', 'forwarded'];
const forged = {
  'X-Forwarded-For': '203.0.113.9',
  'X-Forwarded-Proto': 'http',
  'X-Forwarded-Host': 'public.example.org',
  Forwarded: 'for=203.0.113.9',
  'X-Real-IP': '203.0.113.9',
  'X-Forwarded-Port': '1',
  'X-Client-Cert-Verify': 'SUCCESS',
  'X-Original-URL': '/admin',
  Proxy: 'http://evil',
};
for (const [who, from] of [
  ['a client', '127.0.0.5'],
  ['a trusted proxy', '127.0.0.7'],
] as const) {
  test(`apps are told the same of ${who} that sends forwarding fields`, parts, async () => {
    await assertSame('/open', { from, headers: forged }, ({ told }) => {
      const names = [...forwarding, ...Object.keys(forged).map((name) => name.toLowerCase())];
      return names.map((name) => [name, told?.headers[name]?.toString().replace(/"/g, '')]);
    });
  });
}

test('of a chain of proxies the client is the nearest that is not trusted', parts, async () => {
  for (const chain of [
    '203.0.113.9, 127.0.0.7, 127.0.0.1',
    '127.0.0.1, 203.0.113.9',
    '127.0.0.1',
    '203.0.113.9, x',
    '',
  ])
    await assertSame('/open', { from: '127.0.0.7', headers: { 'X-Forwarded-For': chain } }, ({ told }) => [
      told?.headers['x-forwarded-for'],
      told?.headers['x-real-ip'],
    ]);
});

test('no spelling of a forged field reaches an app', parts, async () => {
  const headers = { X_Forwarded_For: '203.0.113.9', 'x-forwarded_proto': 'ftp', X_Client_Cert_Verify: 'SUCCESS' };
  const { told } = await ask('haproxy', '/open', { headers, from: '127.0.0.5' });
  assert.deepEqual(
    Object.keys(told?.headers ?? {}).filter((name) => name.includes('_')),
    [],
  );
});

test('redirects and cookies of an app below a prefix come out with it', parts, async () => {
  const places = [
    '/there',
    '/api/there',
    'http://127.0.0.1:PORT/x?y=%2F',
    'http://localhost:PORT',
    'https://app.example.org/x',
  ];
  const others = [
    '//127.0.0.1:PORT/x',
    '//elsewhere.example.org/x',
    'https://exact.wild.example.org/',
    'there',
    'https://app.example.org:9/x',
  ];
  for (const path of ['/api', '/open'])
    for (const place of [...places, ...others]) {
      await assertSame(`${path}/a?location=${encodeURIComponent(place)}`, {}, ({ headers }) => headers.location);
    }
  for (const cookie of ['a=b; Path=/', 'a=b; path=/x; HttpOnly', 'a=b', 'a=b; Path=/api/x; Secure', 'secure=1'])
    await assertSame(`/api/a?cookie=${encodeURIComponent(cookie)}`, {}, ({ headers }) => headers['set-cookie']);
});

test('answers have the fields that make browsers more careful', parts, async () => {
  const names = ['strict-transport-security', 'x-content-type-options', 'x-frame-options', 'referrer-policy'];
  await assertSame('/open', {}, ({ headers }) => names.map((name) => headers[name]));
  await assertSame('/nowhere', {}, ({ headers }) => headers['strict-transport-security']);
});

test('who asks too often is told so', parts, async () => {
  const statuses = [];
  for (let count = 0; count < 5; count++)
    statuses.push((await ask('haproxy', '/limited', { from: '127.0.0.9' })).status);
  assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
  assert.equal((await ask('haproxy', '/limited', { from: '127.0.0.10' })).status, 200);
});

test('a cookie keeps a client at its target', parts, async () => {
  const { headers } = await ask('haproxy', '/sticky');
  assert.match(headers['set-cookie']?.[0] ?? '', /^where=t\d; path=\/; HttpOnly; Secure; SameSite=Lax/);
});

test('client certificates are asked for, looked at and told of', parts, async () => {
  const told = ({ status, told: seen }: Answer): unknown => [
    status,
    Object.entries(seen?.headers ?? {}).filter(([name]) => /client-cert/.test(name)),
  ];
  for (const path of ['/', '/admin'])
    for (const certificate of [undefined, alice, stranger]) {
      await assertSame(path, { host: 'asked.example.org', ...(certificate && { certificate }) }, told);
    }
});

test('the PROXY protocol is believed of trusted proxies alone', parts, async () => {
  const introduce = async (from: string): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port: introduced, localAddress: from });
    socket.write('PROXY TCP4 203.0.113.7 127.0.0.1 4000 443\r\n');
    const secure = connectTls({ socket, servername: 'app.example.org', ca });
    secure.write('GET /open HTTP/1.1\r\nHost: app.example.org\r\nConnection: close\r\n\r\n');
    let text = '';
    try {
      for await (const piece of secure) text += String(piece);
    } catch {
      return 'nothing';
    }
    return /"x-forwarded-for":"([^"]*)"/.exec(text)?.[1] ?? text;
  };
  assert.equal(await introduce('127.0.0.7'), '203.0.113.7');
  assert.equal(await introduce('127.0.0.5'), 'nothing');
});
