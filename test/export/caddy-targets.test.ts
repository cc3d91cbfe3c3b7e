import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { openssl } from '../support/clients.ts';
import { needs } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { askServer } from './echo.ts';
import { complaint, startServer } from './real-servers.ts';
import { caseDirectory, exportFile } from './support.ts';

const parts = needs('caddy', 'openssl');

test(
  'Caddy reaches apps with TLS and HTTP/2, not those with wrong certificates, and shares requests by weight',
  parts,
  async (t) => {
    const place = await caseDirectory(t, ['app.example.org', 'right.example.org']);
    const [certificate, key, ca] = await Promise.all(
      ['site.pem', 'site.key', 'ca.pem'].map((name) => readFile(join(place, name), 'utf8')),
    );
    const secure = createHttpsServer({ cert: certificate, key }, ({ url, headers }, response) =>
      response.end(JSON.stringify({ url, headers })),
    );
    const plain = createHttp2Server(({ url, httpVersion }, response) => {
      response.end(JSON.stringify({ url, headers: { version: httpVersion } }));
    });
    for (const server of [secure, plain]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => server.close());
    }
    const [port, callPort] = [secure, plain].map((server) => (server.address() as AddressInfo).port);
    const asked: string[] = [];
    const counted = async (name: string): Promise<number> => {
      const server = createServer((_, response) => {
        asked.push(name);
        response.end();
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => server.closeAllConnections());
      t.after(() => server.close());
      return (server.address() as AddressInfo).port;
    };
    const [much, little] = [await counted('much'), await counted('little')];
    const [http, https, dead] = [await freePort(), await freePort(), await freePort()];
    const url = `https://127.0.0.1:${port}`;
    const [caFile, serverName] = [join(place, 'ca.pem'), 'right.example.org'];
    const weighted = [
      { url: much, weight: 30 },
      { url: little, weight: 10 },
    ];
    await writeFile(
      join(place, 'targets.yaml'),
      stringify({
        listen: { http: `127.0.0.1:${http}`, https: `127.0.0.1:${https}` },
        logs: { access: 'off' },
        sites: {
          'app.example.org': {
            tls: { certificate: join(place, 'site.pem'), key: join(place, 'site.key') },
            routes: {
              '/right': { to: { url, caFile, serverName } },
              '/unknown': { to: { url, serverName } },
              '/name': { to: { url, caFile, serverName: 'wrong.example.org' } },
              '/h2': `h2c://127.0.0.1:${callPort}`,
              '/some': { to: [dead, much] },
              '/weighted': { to: weighted },
              '/sticky': { to: [much, little], balance: { cookie: 'where' } },
              '/asked': { to: much, health: { path: '/up?x=1', interval: '1h', host: 'up.example.org' } },
            },
          },
        },
      }),
    );
    const { text } = await exportFile(place, 'targets.yaml', 'caddy');
    await startServer(t, 'caddy', { directory: place, text, port: https });
    const get = (path: string, headers = {}) => askServer({ http, https, ca: ca ?? '' }, path, { headers });
    const statuses = await Promise.all(
      ['/right', '/unknown', '/name', '/asked'].map(async (path) => (await get(path)).status),
    );
    assert.deepEqual(statuses, [200, 502, 502, 200]);
    assert.equal((await get('/right')).told?.headers.host, `app.example.org:${https}`);
    assert.deepEqual((await get('/h2')).told?.headers, { version: '2.0' });
    for (let count = 0; count < 4; count++) assert.equal((await get('/some')).status, 200);
    asked.length = 0;
    for (let count = 0; count < 8; count++) await get('/weighted');
    assert.equal(asked.filter((name) => name === 'little').length, 2);
    const cookie = (await get('/sticky')).headers['set-cookie']?.[0] ?? '';
    assert.match(cookie, /^where=\w+/);
  },
);

test('verdicts tell what becomes of weights, checks, certificates, apps and users', parts, async (t) => {
  const place = await caseDirectory(t, ['app.example.org']);
  const files = { certificate: 'site.pem', key: 'site.key' };
  const others = { certificate: join(place, 'rsa.pem'), key: join(place, 'rsa.key') };
  const named = ['-subj', '/CN=app.example.org', '-addext', 'subjectAltName=DNS:app.example.org'];
  await openssl([
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    ...named,
    '-keyout',
    others.key,
    '-out',
    others.certificate,
  ]);
  await writeFile(
    join(place, 'verdicts.yaml'),
    stringify({
      listen: { http: [8080, '127.0.0.1:8081'], https: ['127.0.0.1:8443', '[::1]:8443', 9443] },
      sites: {
        'app.example.org': {
          tls: [files, others],
          to: [{ url: 9001, weight: 3 }, 9002],
          routes: {
            '/few': { to: [{ url: 9001, weight: 3 }, 9002], balance: 'leastConnections' },
            '/checked': { to: 9001, health: { path: '/', status: '200-204' } },
            '/run': { app: { run: ['node', 'app.js'], home: '.' } },
            '/asked': {
              to: 9001,
              forwardAuth: { url: 'https://auth.example.org/verify?x=1', caFile: 'ca.pem', copy: ['Remote-User'] },
            },
            '/users': { to: 9001, auth: { basic: 'users.htpasswd', session: false } },
          },
        },
        '*.wild.example.org': 9001,
        'box.internal': { to: 'h2://box.lan:9001', clientCertificates: { ca: 'ca.pem' } },
        'public.example.net': { to: 'unix:/run/app.sock', clientCertificates: { ca: 'ca.pem' } },
        '::1': 9001,
      },
    }),
  );
  const { text, judged } = await exportFile(place, 'verdicts.yaml', 'caddy');
  assert.equal(await complaint('caddy', place, text), '');
  const verdicts = Object.fromEntries(judged.map(({ directive, verdict }) => [directive.split(': ')[0], verdict]));
  const site = 'sites."app.example.org"';
  assert.deepEqual(
    [
      ...[`${site}.tls.1.certificate`, `${site}.to.0.weight`, `${site}.routes."/few".to.0.weight`],
      ...[`${site}.routes."/checked".health.status`, `${site}.routes."/run".app.run`],
      ...[`${site}.routes."/users".auth.basic`, 'sites."*.wild.example.org"', 'sites."box.internal"'],
    ].map((key) => `${key} ${verdicts[key]}`),
    [
      `${site}.tls.1.certificate carried`,
      `${site}.to.0.weight approximated`,
      `${site}.routes."/few".to.0.weight refused`,
      `${site}.routes."/checked".health.status approximated`,
      `${site}.routes."/run".app.run refused`,
      `${site}.routes."/users".auth.basic refused`,
      'sites."*.wild.example.org" refused',
      'sites."box.internal" approximated',
    ],
  );
  assert.match(text, /forward_auth auth\.example\.org:443 \{/);
  assert.match(text, /# +ExecStart=node app\.js/);
  assert.match(text, /redir @read https:\/\/\[::1\]:8443\{uri\} 301/);
});
