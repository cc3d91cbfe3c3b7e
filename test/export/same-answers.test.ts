import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { connect } from 'node:tls';
import { WebSocket, WebSocketServer } from 'ws';
import { needs } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { startServer } from './real-servers.ts';
import { caseDirectory, exportFile, furnish } from './support.ts';

const servers = ['nginx', 'apache', 'caddy', 'haproxy'] as const;
const parts = needs('nginx', 'apache2', 'caddy', 'haproxy', 'openssl');
const scope = sharedScope();
const names = ['app.example.org', 'kms.example.org', 'twofold.example.org'];

/** What a client and the app saw of one request. */
interface Seen {
  readonly status: number;
  readonly location: string | undefined;
  readonly asks: string | undefined;
  readonly app: unknown;
}

let ca: string;
const ports = new Map<string, number>();

before(async () => {
  if (parts.skip) return;
  const app = await startApp();
  const directory = await caseDirectory(scope, names);
  ca = await readFile(join(directory, 'ca.pem'), 'utf8');
  const configuration = (http: number, https: number): string => `
listen: { http: "127.0.0.1:${http}", https: "127.0.0.1:${https}" }
state: ${directory}/state
control: ${directory}/control.sock
workers: 1
logs: { access: "off", errors: stderr }
sites:
  app.example.org:
    tls: { certificate: ${directory}/site.pem, key: ${directory}/site.key }
    headers: { request: { set: { X-Site: 'a "b" $c %{d}e' } }, response: { set: { X-Answer: "yes $no" }, remove: [X-Secret] } }
    routes:
      /sync: ${app}
      /api: { to: ${app}, stripPrefix: true }
      /old: { redirect: "https://elsewhere.example.org/$1?a=b&c", status: 301 }
      /closed: { to: ${app}, deny: [127.0.0.0/8] }
      /some: { to: ${app}, allow: [10.0.0.0/8, 127.0.0.1], deny: [127.0.0.0/8] }
  kms.example.org:
    tls: { certificate: ${directory}/site.pem, key: ${directory}/site.key }
    to: ${app}
    auth: { basic: ${directory}/users.htpasswd, realm: 'K "M" $S', except: [/health], session: false }
  twofold.example.org:
    tls: { certificate: ${directory}/site.pem, key: ${directory}/site.key }
    to: ${app}
    routes:
      /locked/a: { to: ${app}, deny: [all] }
`;
  const sallyport = await startSallyport(scope, configuration(0, 0));
  ports.set('sallyport', sallyport.https);
  for (const server of servers) {
    const https = await freePort();
    await writeFile(join(directory, 'same.yaml'), configuration(await freePort(), https));
    const { text } = await exportFile(directory, 'same.yaml', server);
    await furnish(directory, text);
    await startServer(scope, server, { directory, text, port: https });
    ports.set(server, https);
  }
});

/** Tells in its answers what it was asked, echoes WebSockets, and redirects to its own address. */
async function startApp(): Promise<number> {
  const server = createServer((message, response) => {
    const told = [
      'host',
      'x-site',
      'x-forwarded-for',
      'x-forwarded-proto',
      'x-forwarded-port',
      'x-real-ip',
      'x-remote-user',
    ];
    const fields = Object.fromEntries(
      [...told, 'authorization', 'x-forwarded-prefix'].map((name) => [name, message.headers[name]]),
    );
    const { port } = server.address() as AddressInfo;
    const location = message.url?.endsWith('/go') ? { Location: `http://127.0.0.1:${port}/sync/there` } : {};
    response.writeHead('Location' in location ? 302 : 200, { ...location, 'X-Secret': 'no' });
    response.end(JSON.stringify({ method: message.method, url: message.url, fields }));
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function ask(
  server: string,
  host: string,
  path: string,
  { method = 'GET', headers = {} as OutgoingHttpHeaders } = {},
): Promise<Seen> {
  const port = ports.get(server) ?? 0;
  const { promise, resolve, reject } = Promise.withResolvers<Seen>();
  const sent = request({
    host: '127.0.0.1',
    port,
    servername: host,
    ca,
    method,
    path,
    agent: false,
    headers: { Host: `${host}:${port}`, ...headers },
  });
  sent.on('error', reject);
  sent.on('response', async (answer) => {
    let body = '';
    for await (const piece of answer.setEncoding('utf8')) body += String(piece);
    const plain = (text: string): string => text.replaceAll(`:${port}`, ':PORT').replaceAll('xxx', '');
    const { location, 'www-authenticate': asks } = answer.headers as IncomingHttpHeaders;
    const isAnswerOfApp = body.startsWith('{');
    resolve({
      status: answer.statusCode ?? 0,
      location: location === undefined ? undefined : plain(location),
      asks: asks?.replace(/,? charset="UTF-8"/i, '').replace(/^basic/i, 'Basic'),
      app: isAnswerOfApp
        ? {
            ...(JSON.parse(plain(body)) as object),
            answer: answer.headers['x-answer'],
            secret: answer.headers['x-secret'],
          }
        : null,
    });
  });
  sent.end();
  return promise;
}

const right = `Basic ${Buffer.from('alice:correct horse').toString('base64')}`;
const wrong = `Basic ${Buffer.from('alice:wrong').toString('base64')}`;
const forged = {
  'X-Forwarded-For': '1.2.3.4',
  'X-Forwarded-Proto': 'http',
  'X-Forwarded-Port': '1',
  'X-Real-IP': '1.2.3.4',
  'X-Remote-User': 'root',
};

const requests: readonly (readonly [title: string, host: string, path: string, options?: Parameters<typeof ask>[3]])[] =
  [
    ['a route', 'app.example.org', '/sync'],
    ['below a route, the path as it was sent', 'app.example.org', '/sync/a%20b/c?d=%2f'],
    ['beside a route', 'app.example.org', '/syncfoo'],
    ['no route at all', 'app.example.org', '/'],
    ['a route whose prefix is taken off', 'app.example.org', '/api/users?x=1'],
    ['the prefix alone', 'app.example.org', '/api'],
    ['a redirect', 'app.example.org', '/old/x'],
    ['a redirect of the app to its own address', 'app.example.org', '/sync/go'],
    ['a client that is denied', 'app.example.org', '/closed'],
    ['a client of the smaller network that is allowed', 'app.example.org', '/some'],
    ['forged fields', 'app.example.org', '/sync', { headers: forged }],
    ['another method', 'app.example.org', '/sync', { method: 'DELETE' }],
    ['no password', 'kms.example.org', '/keys'],
    ['a wrong password', 'kms.example.org', '/keys', { headers: { Authorization: wrong } }],
    ['a right password', 'kms.example.org', '/keys', { headers: { Authorization: right, 'X-Remote-User': 'root' } }],
    ['an excepted path', 'kms.example.org', '/health', { headers: { 'X-Remote-User': 'root' } }],
    ['beside an excepted path', 'kms.example.org', '/healthy'],
    ['out of an excepted path', 'kms.example.org', '/health/%2e%2e/keys'],
  ];

/** What some app or other takes for `/locked/a`, or for something below it. */
const readings = [
  ...['/locked/a', '/locked/a/x', '//locked/a', '/locked//a', '/%6cocked/a', '/locked%2fa', '/locked%2Fa/x'],
  ...['/locked/a;x', '/locked;x/a', '/locked/a%3bx', '/locked\\a', '/locked%5ca', '/%256cocked/a', '/locked%252fa'],
  ...['/locked/a%00', '/locked/a%20', '/locked/a.', '/LOCKED/a', '/locked/%61', '/locked/a%2f'],
  ...['/x;/../locked/a', '/x/..;/locked/a', '/x/%2e%2e/locked/a', '/x\\..\\locked\\a', '/x%5c..%5clocked%5ca'],
];

for (const server of servers) {
  test(`${server} lets through nothing that an app might read as the path of a closed route`, parts, async () => {
    const passed: string[] = [];
    for (const path of readings) {
      const { app } = await ask(server, 'twofold.example.org', path);
      if (app !== null) passed.push(path);
    }
    assert.deepEqual(passed, []);
  });

  test(`${server} lets through what only looks like a closed route`, parts, async () => {
    for (const path of ['/', '/locked', '/locked/b', '/locked/ab', '/x/locked/a', '/x?y=/locked/a', '/x//y%20z']) {
      const [ours, theirs] = [
        await ask('sallyport', 'twofold.example.org', path),
        await ask(server, 'twofold.example.org', path),
      ];
      assert.deepEqual(theirs, ours, path);
      assert.notEqual(ours.app, null, path);
    }
  });

  for (const [title, host, path, options] of requests) {
    test(`${server} does the same: ${title}`, parts, async () => {
      const [ours, theirs] = await Promise.all([
        ask('sallyport', host, path, options),
        ask(server, host, path, options),
      ]);
      assert.deepEqual(theirs, ours);
    });
  }

  test(`${server} carries WebSockets`, parts, async () => {
    const port = ports.get(server) ?? 0;
    const socket = new WebSocket(`wss://127.0.0.1:${port}/sync/socket`, {
      agent: new Agent({ ca, servername: 'app.example.org' }),
      headers: { Host: 'app.example.org' },
    });
    await once(socket, 'open');
    socket.send('echo');
    const [data] = await once(socket, 'message');
    assert.equal(String(data), 'echo');
    socket.terminate();
  });
}

test('nginx refuses the handshake for an unknown name', parts, async () => {
  const socket = connect({ host: '127.0.0.1', port: ports.get('nginx'), servername: 'unknown.example.org', ca });
  const [error] = await once(socket, 'error');
  assert.match(String(error), /unrecognized name/i);
});

test('Apache answers an unknown name with 421', parts, async () => {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const sent = request({
    host: '127.0.0.1',
    port: ports.get('apache'),
    servername: 'unknown.example.org',
    rejectUnauthorized: false,
    agent: false,
  });
  sent.on('response', (answer) => resolve(answer.resume().statusCode)).end();
  assert.equal(await promise, 421);
});
