import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { Judged } from '../../src/migrate/verdict.ts';
import { makeClientCa } from '../guard/client-ca.ts';
import { needs } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { complaint, startServer } from './real-servers.ts';
import { caseDirectory, exportFile, furnish } from './support.ts';

const parts = needs('haproxy', 'openssl');
const scope = sharedScope();
const hosts = ['app.example.org', 'exact.wild.example.org', '*.wild.example.org', 'asked.example.org'];

interface Question {
  readonly host?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The address of this machine that it comes from. */
  readonly from?: string;
  readonly plain?: true;
  /** PEM of certificate and key. */
  readonly certificate?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What the app was told; null when it was not asked. */
  readonly told: { readonly url: string; readonly headers: IncomingHttpHeaders } | null;
}

/** Values in which a careless writer would see something of HAProxy's language. */
const printable = fc.string({ unit: fc.constantFrom(...'ab \t"\'\\#%[]{}()$,;~^|`'), minLength: 1, maxLength: 30 });
const values = [
  ...[
    '',
    'if',
    'unless',
    '}',
    '{ src 0.0.0.0/0 }',
    '"',
    "'",
    '\\',
    '#',
    '%',
    '%%',
    '%[src]',
    '%{+Q}o',
    '$HOME',
    '\\x20',
    '\\n',
  ],
  ...[
    '"$HOME"',
    `it's "both" \\ %[src] # $x`,
    'a  b   c',
    'a\tb',
    '\\1',
    'a"b\'c\\',
    "' if TRUE",
    '%ci',
    'str(x),lower',
  ],
  ...fc.sample(printable, { numRuns: 40, seed: 2026 }).map((value) => value.trim().replaceAll('${', '{$')),
];
const realms = ['a "b" c', "it's", 'back\\slash', '%[src] $HOME # {x}', 'two  blanks'];
const locations = ['/new?x=%41&y=$1#top', "https://elsewhere.example.org/it's%20here?a=%5B%%", '/a"b\\c{d}[e]'];

const listening = { sallyport: { http: 0, https: 0 }, haproxy: { http: 0, https: 0 } };
let introduced = 0;
let ca: string;
let directory: string;
let judged: readonly Judged[];
let alice: string;
let stranger: string;

before(async () => {
  if (parts.skip) return;
  directory = await caseDirectory(scope, [...hosts, ...realms.map((_, index) => `r${index}.example.org`)]);
  await chmod(directory, 0o755);
  ca = await readFile(join(directory, 'ca.pem'), 'utf8');
  const clients = await makeClientCa(scope);
  alice = await readFile(clients.issue('alice'), 'utf8');
  stranger = await readFile((await makeClientCa(scope, 'Other clients')).issue('stranger'), 'utf8');
  const app = await startApp(0);
  const socket = join(directory, 'app.sock');
  await startApp(socket);
  await chmod(socket, 0o777);
  const tls = { certificate: join(directory, 'site.pem'), key: join(directory, 'site.key') };
  const fields = (from: number, to: number): Record<string, string> =>
    Object.fromEntries(values.slice(from, to).map((value, index) => [`X-V-${from + index}`, value]));
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
            '/closed': { to: app, deny: ['127.0.0.0/8'] },
            '/api': { to: app, stripPrefix: true },
            '/socket': `unix:${socket}`,
            '/values': { to: app, headers: { request: { set: fields(0, 40), add: fields(40, 80) } } },
            '/answers': { to: app, headers: { response: { set: fields(0, 40), add: fields(40, 80) } } },
            '/limited': { to: app, rateLimit: { requests: 60, per: '10m', burst: 3 } },
            '/sticky': { to: [app, `localhost:${app}`], balance: { cookie: 'where' } },
            ...Object.fromEntries(locations.map((redirect, index) => [`/moved${index}`, { redirect }])),
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
        ...Object.fromEntries(
          realms.map((realm, index) => [
            `r${index}.example.org`,
            { tls, to: app, auth: { basic: join(directory, 'users.htpasswd'), realm, session: false } },
          ]),
        ),
      },
    });
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const listen = (http: number, https: number, more: number): object => ({
    http: `127.0.0.1:${http}`,
    https: [`127.0.0.1:${https}`, { address: `127.0.0.1:${more}`, proxyProtocol: true }],
  });
  const sallyport = await startSallyport(scope, configuration({ http: '127.0.0.1:0', https: '127.0.0.1:0' }));
  await writeFile(join(directory, 'many.yaml'), configuration(listen(...ports)));
  const { text, judged: verdicts } = await exportFile(directory, 'many.yaml', 'haproxy');
  judged = verdicts;
  await furnish(directory, text);
  await startServer(scope, 'haproxy', { directory, text, port: ports[1] });
  Object.assign(listening.sallyport, { http: sallyport.http, https: sallyport.https });
  Object.assign(listening.haproxy, { http: ports[0], https: ports[1] });
  introduced = ports[2];
});

/** Tells in its answers what it was asked; `?location=…` and `?cookie=…` are what it says. */
async function startApp(where: number | string): Promise<number> {
  const server = createServer((message, response) => {
    const { searchParams } = new URL(message.url ?? '', 'http://app');
    const [location, cookie] = [searchParams.get('location'), searchParams.get('cookie')];
    const { port } = server.address() as AddressInfo;
    response.writeHead(location === null ? 200 : 302, {
      ...(location === null ? {} : { Location: location.replace('PORT', String(port)) }),
      ...(cookie === null ? {} : { 'Set-Cookie': cookie }),
    });
    response.end(JSON.stringify({ url: message.url, headers: message.headers }));
  });
  if (typeof where === 'string') server.listen(where);
  else server.listen(where, '127.0.0.1');
  await once(server, 'listening');
  scope.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

type Gate = keyof typeof listening;

function ask(gate: Gate, path: string, question: Question = {}): Promise<Answer> {
  const { host = 'app.example.org', method = 'GET', headers = {}, from, plain, certificate } = question;
  const port = listening[gate][plain ? 'http' : 'https'];
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = (plain ? requestHttp : requestHttps)({
    ...{ host: '127.0.0.1', port, path, method, agent: false, ca, servername: host },
    ...(from === undefined ? {} : { localAddress: from }),
    ...(certificate === undefined ? {} : { cert: certificate, key: certificate }),
    headers: { Host: `${host}:${port}`, ...headers },
  });
  sent.on('error', reject);
  sent.on('response', async (answer) => {
    let body = '';
    for await (const piece of answer.setEncoding('latin1')) body += String(piece);
    const told = body.startsWith('{"url"') ? (JSON.parse(body) as Answer['told']) : null;
    resolve({ status: answer.statusCode ?? 0, headers: answer.headers, told });
  });
  sent.end();
  return promise;
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

const valuesIn = (headers: IncomingHttpHeaders | undefined): unknown[] =>
  values.map((_, index) => headers?.[`x-v-${index}`]);

test('an app gets every value of a field letter for letter', parts, async () => {
  const { told } = await ask('haproxy', '/values');
  assert.deepEqual(valuesIn(told?.headers), values);
});

test('a client gets every value of a field letter for letter', parts, async () => {
  assert.deepEqual(valuesIn((await ask('haproxy', '/answers')).headers), values);
});

test('redirects lead where they are written to lead', parts, async () => {
  for (const [index, location] of locations.entries()) {
    const { status, headers } = await ask('haproxy', `/moved${index}`);
    assert.deepEqual([status, headers.location], [302, location]);
  }
});

test('browsers are shown the realm as it is written', parts, async () => {
  for (const [index, realm] of realms.entries()) {
    const { headers } = await ask('haproxy', '/', { host: `r${index}.example.org` });
    assert.equal(headers['www-authenticate'], `Basic realm="${realm.replaceAll(/[\\"]/g, '\\$&')}"`);
  }
});

test('users with hashes that crypt(3) knows get in, others are told in the verdicts', parts, async () => {
  const statusFor = async (user: string): Promise<number> => {
    const headers = { Authorization: `Basic ${Buffer.from(user).toString('base64')}` };
    return (await ask('haproxy', '/', { host: 'r0.example.org', headers })).status;
  };
  assert.deepEqual(
    await Promise.all(['alice:correct horse', 'bob:correct horse', 'alice:x', 'carol:correct horse'].map(statusFor)),
    [200, 200, 401, 401],
  );
  const { verdict, note } = judged.find(({ directive }) => directive.includes('auth.basic')) ?? assert.fail();
  assert.equal(verdict, 'refused');
  assert.match(note, /carol \(apr1\)/);
});

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
  for (const path of [...paths, ...more]) await assertSame(path, {}, ({ status, told }) => [status, told?.url]);
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

test('an app at a Unix socket is reached', parts, async () => {
  assert.equal((await ask('haproxy', '/socket/x')).told?.url, '/socket/x');
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

test(
  'names of files and users that look like HAProxy’s language are taken, and control characters are not',
  parts,
  async (t) => {
    const odd = join(await caseDirectory(t, ['own.example.org', '127.0.0.1', '::1']), `it's a "dir" #1 $x %[src] }`);
    await mkdir(odd);
    for (const name of ['site.pem', 'site.key', 'ca.pem']) await cp(join(odd, '..', name), join(odd, name));
    await symlink('site.key', join(odd, 'site.pem.key'));
    const users = await readFile(join(odd, '../users.htpasswd'), 'utf8');
    const names = [`it's`, '"quoted" #1', 'back\\slash', '$HOME', 'büro', 'if', '}'];
    const bcrypt = users.split('\n')[0]?.replace('alice', '') ?? '';
    await writeFile(join(odd, 'users'), names.map((name) => `${name}${bcrypt}\n`).join(''));
    const configuration = {
      listen: { http: '[::1]:8080', https: '[::1]:8443' },
      resolvers: ['10.0.0.53', '[fd00::53]:5353'],
      sites: {
        'own.example.org': {
          aliases: ['127.0.0.1', '::1'],
          tls: { certificate: join(odd, 'site.pem'), key: join(odd, 'site.key') },
          clientCertificates: { ca: join(odd, 'ca.pem') },
          auth: { basic: join(odd, 'users') },
          routes: {
            '/': {
              to: [{ url: 'https://app.example.org:8443', caFile: join(odd, 'ca.pem'), weight: 1000 }, 'h2://[::1]:9'],
            },
            "/it's%20$x(y)&z=~!": `unix:${join(odd, 'app.sock')}`,
            '/if': { to: 8080, stripPrefix: true },
          },
        },
      },
    };
    await writeFile(join(odd, 'odd.yaml'), stringify(configuration));
    const { text } = await exportFile(odd, 'odd.yaml', 'haproxy');
    assert.equal(await complaint('haproxy', odd, text), '');
    assert.equal(text.match(/^ {4}user .* password/gm)?.length, names.length);
    const socket = `unix:${join(odd, 'a\u0007b.sock')}`;
    await writeFile(join(odd, 'bad.yaml'), stringify({ sites: { 'own.example.org': socket } }));
    await assert.rejects(exportFile(odd, 'bad.yaml', 'haproxy'), /cannot be written for haproxy/);
  },
);
