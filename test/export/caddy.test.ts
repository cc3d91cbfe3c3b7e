import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { Judged } from '../../src/migrate/verdict.ts';
import { makeClientCa } from '../guard/client-ca.ts';
import { needs } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { type Answer, askServer, type Question } from './echo.ts';
import { startServer } from './real-servers.ts';
import { caseDirectory, exportFile, furnish } from './support.ts';

const parts = needs('caddy', 'openssl');
const scope = sharedScope();

/** Values in which a careless writer would see something of Caddy's language, or Caddy something of its own. */
const letters = fc.string({ unit: fc.constantFrom(...'ab"\'\\#%[]{}()$:,;`~^|'), minLength: 1, maxLength: 20 });
const values = [
  ...['{', '}', '{}', '{$HOME}', '{$NONE:x}', '\\{$HOME}', '{{$HOME}}', '{http.request.host}', '\\{host}', '{host'],
  ...['}x{', '\\}{', '\\', '\\\\', '"', '\\"', '`', '`\\', '\\`{host}\\"', '`"{$HOME}', '# x', '@place_1', '*', '/x'],
  ...['import x', 'a  b\tc', "it's", '+x', '-x', '?x', '>x', '<<EOF', '{args[0]}', '{%HOME%}', '{env.HOME}'],
  ...fc.sample(letters, { numRuns: 60, seed: 2026 }).map((value) => value.replaceAll('${', '{$')),
];
const locations = ['/new?x=%41&y=$1#top', '/{http.request.host}/{$HOME}', '/`a"b\\c}{'];
const realms = ['a "b" c', 'back\\slash {host} `x`', '{$HOME}'];

const listening = { sallyport: { http: 0, https: 0 }, caddy: { http: 0, https: 0 } };
let ca: string;
let judged: readonly Judged[];
let alice: string;

before(async () => {
  if (parts.skip) return;
  const named = ['app', 'closed', 'twofold', 'asked', 'r0', 'r1', 'r2'].map((name) => `${name}.example.org`);
  const directory = await caseDirectory(scope, [...named, 'localhost', '*.wild.example.org']);
  ca = await readFile(join(directory, 'ca.pem'), 'utf8');
  await appendFile(
    join(directory, 'users.htpasswd'),
    '{host}`:$2y$05$9FBEOS5NQf2HfSW0sqP/5e68ApPikNi7QQlsVRetR0Qiowwrv1XgG\n',
  );
  const clients = await makeClientCa(scope);
  const others = await makeClientCa(scope, 'Other clients');
  await writeFile(
    join(directory, 'both.pem'),
    (await Promise.all([others.caFile, clients.caFile].map((file) => readFile(file)))).join(''),
  );
  alice = await readFile(clients.issue('alice'), 'utf8');
  const app = await startApp(0);
  const socket = join(directory, 'app.sock');
  await startApp(socket);
  const tls = { certificate: join(directory, 'site.pem'), key: join(directory, 'site.key') };
  const fields = (from: number, to: number): Record<string, string> =>
    Object.fromEntries(values.slice(from, to).map((value, index) => [`X-V-${from + index}`, value]));
  const basic = join(directory, 'users.htpasswd');
  const half = Math.floor(values.length / 2);
  const configuration = (http: string, https: string): string =>
    stringify({
      listen: { http, https },
      state: join(directory, 'state'),
      control: join(directory, 'control.sock'),
      workers: 1,
      logs: { access: 'off', errors: 'stderr' },
      trustedProxies: ['127.0.0.7'],
      sites: {
        'app.example.org': {
          tls,
          headers: { nosniff: true, frames: 'deny', secureCookies: true, hsts: true },
          routes: {
            '/open': app,
            '/locked': { to: app, auth: { basic, session: false } },
            '/Case': app,
            '/api': { to: app, stripPrefix: true },
            '/socket': `unix:${socket}`,
            '/values': { to: app, headers: { request: { set: fields(0, half), add: fields(half, values.length) } } },
            '/answers': { to: app, headers: { response: { set: fields(0, half), add: fields(half, values.length) } } },
            '/both': {
              to: app,
              headers: {
                request: { set: { 'X-A': '1' }, add: { 'X-A': '2' }, remove: ['X-A', 'X-B', 'X-Forwarded-Host'] },
                response: { set: { 'X-C': '1' }, add: { 'X-C': '2' }, remove: ['X-C', 'X-D'] },
              },
            },
            '/asked': {
              to: app,
              forwardAuth: {
                url: `http://127.0.0.1:${app}/question?a=b`,
                copy: ['Remote-User', 'Remote-Groups'],
                signIn: '/login?rd={url}',
              },
            },
            ...Object.fromEntries(locations.map((redirect, index) => [`/moved${index}`, { redirect }])),
          },
        },
        'twofold.example.org': { tls, to: app, routes: { '/locked/a': { to: app, deny: ['all'] } } },
        'closed.example.org': {
          routes: { '/open': { to: app, allow: ['all'] } },
          tls,
          to: app,
          allow: ['127.0.0.0/8'],
          deny: ['127.0.0.6', '127.0.0.64/26'],
        },
        '*.wild.example.org': { tls, to: app },
        'plain.example.org': { tls: 'off', to: app },
        'asked.example.org': {
          tls,
          clientCertificates: { ca: join(directory, 'both.pem'), mode: 'optional', passCertificate: true },
          to: app,
          routes: { '/admin': { to: app, clientCertificates: 'required' } },
        },
        ...Object.fromEntries(
          realms.map((realm, index) => [
            `r${index}.example.org`,
            { tls, to: app, auth: { basic, realm, session: false } },
          ]),
        ),
      },
    }).replaceAll('${', '$${');
  const [http, https] = [await freePort(), await freePort()];
  const sallyport = await startSallyport(scope, configuration('127.0.0.1:0', '127.0.0.1:0'));
  await writeFile(join(directory, 'many.yaml'), configuration(`127.0.0.1:${http}`, `127.0.0.1:${https}`));
  const { text, judged: verdicts } = await exportFile(directory, 'many.yaml', 'caddy');
  judged = verdicts;
  await furnish(directory, text);
  await startServer(scope, 'caddy', { directory, text, port: https });
  Object.assign(listening.sallyport, { http: sallyport.http, https: sallyport.https });
  Object.assign(listening.caddy, { http, https });
});

/** Tells in its answers what it was asked; `?location=…` and `?cookie=…` are what it says. It consents to who brings a ticket. */
async function startApp(where: number | string): Promise<number> {
  const server = createServer((message, response) => {
    if (message.url?.startsWith('/question')) return answerQuestion(message.headers, response);
    const { searchParams } = new URL(message.url ?? '', 'http://app');
    const [location, cookie] = [searchParams.get('location'), searchParams.get('cookie')];
    const { port } = server.address() as AddressInfo;
    response.writeHead(location === null ? 200 : 302, {
      ...(location === null ? {} : { Location: location.replace('PORT', String(port)) }),
      ...(cookie === null ? {} : { 'Set-Cookie': cookie }),
      ...{ 'X-C': 'app', 'X-D': 'app' },
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

function answerQuestion({ 'x-ticket': ticket }: IncomingHttpHeaders, response: ServerResponse): void {
  response.writeHead(ticket === 'good' ? 200 : ticket === 'bad' ? 403 : 401, { 'Remote-User': 'alice' }).end();
}

type Gate = keyof typeof listening;

function ask(gate: Gate, path: string, question: Question = {}): Promise<Answer> {
  return askServer({ ...listening[gate], ca }, path, question);
}

/** Both answer the same, as far as `pick` looks at it and with their ports alike. */
async function assertSame(path: string, question: Question, pick: (answer: Answer) => unknown): Promise<void> {
  const seen = async (gate: Gate): Promise<unknown> => {
    const text = JSON.stringify(pick(await ask(gate, path, question)) ?? null);
    return JSON.parse(text.replaceAll(new RegExp(`:(?:${Object.values(listening[gate]).join('|')})\\b`, 'g'), ':PORT'));
  };
  const [theirs, ours] = await Promise.all([seen('caddy'), seen('sallyport')]);
  assert.deepEqual(theirs, ours, path);
}

const valuesIn = (headers: IncomingHttpHeaders | undefined): unknown[] =>
  values.map((_, index) => headers?.[`x-v-${index}`]);

test('an app gets every value of a field letter for letter', parts, async () => {
  assert.deepEqual(valuesIn((await ask('caddy', '/values')).told?.headers), values);
});

test('a client gets every value of a field letter for letter', parts, async () => {
  assert.deepEqual(valuesIn((await ask('caddy', '/answers')).headers), values);
});

test('redirects lead where they are written to lead', parts, async () => {
  for (const [index, location] of locations.entries()) {
    const { status, headers } = await ask('caddy', `/moved${index}`);
    assert.deepEqual([status, headers.location], [302, location]);
  }
});

test('browsers are shown the realm, and no placeholder in it means anything', parts, async () => {
  const shown = await Promise.all(realms.map((_, index) => ask('caddy', '/', { host: `r${index}.example.org` })));
  assert.deepEqual(
    shown.map(({ headers }) => headers['www-authenticate']),
    ['Basic realm="a \\"b\\" c"', 'Basic realm="back\\\\slash (host) \'x\'"', 'Basic realm="($HOME)"'],
  );
});

test('users with bcrypt hashes get in, whatever their names; others are told in the verdicts', parts, async () => {
  const statusFor = async (user: string): Promise<number> => {
    const headers = { Authorization: `Basic ${Buffer.from(user).toString('base64')}` };
    return (await ask('caddy', '/locked', { headers })).status;
  };
  const users = ['alice', '{host}`', 'bob', 'carol'].map((name) => `${name}:correct horse`);
  assert.deepEqual(await Promise.all([...users, 'alice:x'].map(statusFor)), [200, 200, 401, 401, 401]);
  const { verdict, note } = judged.find(({ directive }) => directive.includes('auth.basic')) ?? assert.fail();
  assert.equal(verdict, 'refused');
  assert.match(note, /bob, carol; Caddy knows bcrypt alone/);
});

test('paths that can be read in two ways lead to no other route', parts, async () => {
  const paths = [
    '/locked',
    '/locked/x',
    '/open/..%2flocked',
    '/open/%2e%2e/locked',
    '/open/..',
    '/open/%5c..%5clocked',
  ];
  const more = ['/lockedx', '/Case/x', '/open/a%20b', '/openx', '/api/%2e', '/api//x', '/open//x'];
  for (const path of [...paths, ...more]) await assertSame(path, {}, ({ status, told }) => [status, told?.url]);
  for (const path of ['//locked', '/%6cocked', '/locked%2fx', '/LOCKED', '/case']) {
    assert.equal((await ask('caddy', path)).told, null, `${path} passes the password`);
  }
});

test('what Sallyport takes for a closed path passes no Caddy either', parts, async () => {
  const paths = ['/locked/a', '//locked/a', '/locked//a', '/%6cocked/a', '/locked%2fa', '/locked/a;x', '/locked;x/a'];
  const more = [
    '/locked\\a',
    '/locked%5ca',
    '/%256cocked/a',
    '/locked/a%00',
    '/locked/a%20',
    '/locked/a.',
    '/LOCKED/a',
  ];
  const others = [
    '/x;/../locked/a',
    '/x/..;/locked/a',
    '/locked/a%3bx',
    '/locked%252fa',
    '/locked/%61',
    '/locked/a%2f',
  ];
  const passed: string[] = [];
  for (const path of [...paths, ...more, ...others]) {
    const [theirs, ours] = await Promise.all(
      (['caddy', 'sallyport'] as const).map((gate) => ask(gate, path, { host: 'twofold.example.org' })),
    );
    if (theirs?.told !== null && ours?.told === null) passed.push(path);
  }
  assert.deepEqual(passed, []);
});

test('the HTTP port sends to HTTPS, serves sites without TLS and knows no other names', parts, async () => {
  const questions: readonly (readonly [string, Question])[] = [
    ['/a%20b?c=d', { host: 'app.example.org' }],
    ['/', { host: 'app.example.org', method: 'POST' }],
    ['/', { host: 'one.wild.example.org', method: 'HEAD' }],
    ['/', { host: 'a.b.wild.example.org' }],
    ['/', { host: 'unknown.example.org' }],
    ['/x', { host: 'plain.example.org' }],
  ];
  for (const [path, question] of questions) {
    await assertSame(path, { ...question, plain: true }, ({ status, headers, told }) => [
      status,
      headers.location?.replace(/:\d+/, ''),
      told?.url,
    ]);
  }
});

test('of networks the smallest decides', parts, async () => {
  for (const from of ['127.0.0.5', '127.0.0.6', '127.0.0.65', '127.0.0.200']) {
    await assertSame('/', { host: 'closed.example.org', from }, ({ status }) => status);
  }
});

test('where clients are told apart by address, nobody comes through a trusted proxy', parts, async () => {
  const headers = { 'X-Forwarded-For': '203.0.113.9' };
  assert.equal((await ask('caddy', '/', { host: 'closed.example.org', from: '127.0.0.7', headers })).status, 503);
  assert.equal((await ask('caddy', '/open', { host: 'closed.example.org', from: '127.0.0.7', headers })).status, 200);
  const { verdict } =
    judged.find(({ directive }) => directive.startsWith('sites."closed.example.org".allow')) ?? assert.fail();
  assert.equal(verdict, 'refused');
});

const forged = {
  'X-Forwarded-For': '203.0.113.9',
  'X-Forwarded-Proto': 'http',
  'X-Forwarded-Host': 'public.example.org',
  Forwarded: 'for=203.0.113.9',
  'X-Real-IP': '203.0.113.10',
  'X-Forwarded-Port': '1',
  'X-Client-Cert-Verify': 'SUCCESS',
  'X-Remote-User': 'root',
};
for (const [who, from] of [
  ['a client', '127.0.0.5'],
  ['a trusted proxy', '127.0.0.7'],
] as const) {
  test(`apps are told the same of ${who} that sends forwarding fields`, parts, async () => {
    for (const path of ['/open', '/both']) {
      await assertSame(path, { from, headers: forged }, ({ told }) =>
        Object.keys(forged).map((name) => [name, told?.headers[name.toLowerCase()]?.toString().replaceAll('"', '')]),
      );
    }
  });
}

test('no spelling of a forged field reaches an app', parts, async () => {
  const names = ['X_Forwarded_For', 'x-forwarded_proto', 'X_Client_Cert_Verify', 'X_Remote_User', 'Client_Cert'];
  const headers = Object.fromEntries(names.map((name) => [name, 'forged']));
  const { told } = await ask('caddy', '/open', { headers });
  assert.deepEqual(
    Object.entries(told?.headers ?? {}).filter(([, value]) => value === 'forged'),
    [],
  );
});

test('fields are removed, set and added in this order', parts, async () => {
  const headers = { 'X-A': 'client', 'X-B': 'client' };
  await assertSame('/both', { headers }, ({ headers: heard, told }) => [
    ...['x-a', 'x-b'].map((name) => told?.headers[name]),
    ...['x-c', 'x-d'].map((name) => heard[name]),
  ]);
});

test('another service is asked, and only it can say who somebody is', parts, async () => {
  const headers = (ticket: string, accept: string) => ({
    'X-Ticket': ticket,
    Accept: accept,
    'Remote-User': 'root',
    'Remote-Groups': 'admin',
    Remote_User: 'root',
  });
  const questions = [
    ['good', '*/*'],
    ['bad', 'text/html'],
    ['none', '*/*'],
    ['none', 'text/html,*/*'],
  ] as const;
  for (const [ticket, accept] of questions) {
    await assertSame('/asked/x', { headers: headers(ticket, accept) }, ({ status, headers: heard, told }) => [
      status,
      decodeURIComponent(heard.location ?? ''),
      ...['remote-user', 'remote-groups', 'remote_user'].map((name) => told?.headers[name]),
    ]);
  }
});

test('redirects and cookies of an app below a prefix come out with it', parts, async () => {
  const places = ['/there', '/api/there', '/api', '/apix', 'http://127.0.0.1:PORT/x?y=%2F', 'http://localhost:PORT'];
  const others = [
    '//elsewhere.example.org/x',
    'https://one.wild.example.org/',
    'there',
    '?x',
    'https://app.example.org/x',
  ];
  for (const path of ['/api', '/open'])
    for (const place of [...places, ...others]) {
      await assertSame(`${path}/a?location=${encodeURIComponent(place)}`, {}, ({ headers }) => headers.location);
    }
  for (const cookie of ['a=b; Path=/', 'a=b; path=/x; HttpOnly', 'a=b', 'a=b; Path=/api/x; Secure', 'secure=1'])
    await assertSame(`/api/a?cookie=${encodeURIComponent(cookie)}`, {}, ({ headers }) => headers['set-cookie']);
});

test('answers have the fields that make browsers more careful', parts, async () => {
  const names = ['strict-transport-security', 'x-content-type-options', 'x-frame-options'];
  for (const path of ['/open', '/moved0'])
    await assertSame(path, {}, ({ headers }) => names.map((name) => headers[name]));
  for (const path of ['/nowhere', '/locked']) await assertSame(path, {}, ({ headers }) => headers[names[0] ?? '']);
});

test('an app at a Unix socket is reached', parts, async () => {
  assert.equal((await ask('caddy', '/socket/x')).told?.url, '/socket/x');
});

test('client certificates are asked for and told of; any CA of the file counts', parts, async () => {
  const host = 'asked.example.org';
  const told = ({ status, told: seen }: Answer): unknown => [
    status,
    ...['x-client-cert-verify', 'client-cert'].map((name) => seen?.headers[name]),
  ];
  for (const path of ['/', '/admin'])
    for (const certificate of [undefined, alice]) {
      await assertSame(path, { host, ...(certificate && { certificate }) }, told);
    }
  const { told: seen } = await ask('caddy', '/', { host, certificate: alice });
  assert.match(String(seen?.headers['x-client-cert-subject']), /CN=alice/);
});
