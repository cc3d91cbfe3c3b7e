import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer, request as requestHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { needs } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { startApp } from './echo.ts';
import { startServer } from './real-servers.ts';
import { caseDirectory, exportFile } from './support.ts';

const parts = needs('haproxy', 'openssl');

test(
  'apps with TLS, with HTTP/2 and at a socket are reached, wrong certificates and dead targets are not',
  parts,
  async (t) => {
    const place = await caseDirectory(t, ['127.0.0.1', 'right.example.org']);
    const [certificate, key, root] = await Promise.all(
      ['site.pem', 'site.key', 'ca.pem'].map((name) => readFile(join(place, name), 'utf8')),
    );
    const secure = createHttpsServer({ cert: certificate, key }, (message, response) =>
      response.end(JSON.stringify({ url: message.url, headers: message.headers })),
    );
    const plain = createHttp2Server((message, response) => {
      response.end(JSON.stringify({ url: message.url, headers: { version: message.httpVersion } }));
    });
    for (const server of [secure, plain]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => server.close());
    }
    const socket = join(place, 'app.sock');
    await startApp(t, socket);
    await Promise.all([chmod(place, 0o755), chmod(socket, 0o777)]);
    const [port, callPort] = [secure, plain].map((server) => (server.address() as AddressInfo).port);
    const [http, https, dead] = [await freePort(), await freePort(), await freePort()];
    const url = `https://127.0.0.1:${port}`;
    const [caFile, serverName] = [join(place, 'ca.pem'), 'right.example.org'];
    await writeFile(
      join(place, 'targets.yaml'),
      stringify({
        listen: { http: `127.0.0.1:${http}`, https: `127.0.0.1:${https}` },
        logs: { access: 'off' },
        sites: {
          '127.0.0.1': {
            tls: { certificate: join(place, 'site.pem'), key: join(place, 'site.key') },
            routes: {
              '/right': { to: { url, caFile, serverName } },
              '/unknown': { to: { url, serverName } },
              '/name': { to: { url, caFile, serverName: 'wrong.example.org' } },
              '/socket': `unix:${socket}`,
              '/h2': `h2c://127.0.0.1:${callPort}`,
              '/some': { to: [dead, `h2c://127.0.0.1:${callPort}`], health: { path: '/', interval: '1s', fall: 1 } },
            },
          },
        },
      }),
    );
    const { text } = await exportFile(place, 'targets.yaml', 'haproxy');
    await startServer(t, 'haproxy', { directory: place, text, port: https });
    const get = async (path: string): Promise<[number | undefined, unknown]> => {
      const options = {
        host: '127.0.0.1',
        port: https,
        path,
        ca: root,
        agent: false,
        headers: { Host: `127.0.0.1:${https}` },
      };
      const [answer] = (await once(requestHttps(options).end(), 'response')) as [IncomingMessage];
      const body = (await answer.toArray()).join('');
      return [answer.statusCode, body.startsWith('{') ? (JSON.parse(body) as { headers: object }).headers : null];
    };
    assert.deepEqual([(await get('/right'))[0], (await get('/socket'))[0]], [200, 200]);
    assert.deepEqual([(await get('/unknown'))[0], (await get('/name'))[0]], [503, 503]);
    assert.deepEqual(await get('/h2'), [200, { version: '2.0' }]);
    for (let count = 0; count < 4; count++) assert.equal((await get('/some'))[0], 200);
  },
);
