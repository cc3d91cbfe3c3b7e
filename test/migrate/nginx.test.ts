import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { makeCertificate } from '../support/certificates.ts';
import { startNginx } from '../support/nginx.ts';
import { needs } from '../support/parts.ts';
import { freePort, onFreePort } from '../support/ports.ts';
import { runSallyport, startSallyport } from '../support/sallyport.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';
import { startWsServer } from '../support/websocket.ts';
import { ask, login, type Question, type Server, startApp, webSocket } from './ask.ts';

/** The real nginx with a configuration, and Sallyport with what `import` makes of it, are asked the same and compared. */

const scope = sharedScope();
/** Of `wonderland`, by htpasswd. */
const hash = '$apr1$DeuQSzF/$griO5mI7RE47XY2FJSKaQ/';

interface Ports extends Server {
  readonly app: number;
  readonly api: number;
  readonly chat: number;
}

let nginx: Server;
let sallyport: Server;

const servers = ({ https, http, app, api, chat }: Ports, files: string): string => `
map $http_upgrade $connection_upgrade { default upgrade; '' close; }
upstream pool { server 127.0.0.1:${app}; keepalive 4; }
server {
  if ($host = www.app.test) { return 301 https://$host$request_uri; }
  if ($host = app.test) { return 301 https://$host$request_uri; }
  listen 127.0.0.1:${http};
  server_name app.test www.app.test;
  return 404;
}
server {
  listen 127.0.0.1:${https} ssl;
  server_name app.test www.app.test;
  ssl_certificate ${files}/cert.pem;
  ssl_certificate_key ${files}/key.pem;
  add_header X-Frame-Options DENY always;
  add_header Strict-Transport-Security "max-age=31536000" always;
  proxy_set_header Host $host;
  proxy_set_header X-Site app;
  proxy_http_version 1.1;
  location / { proxy_pass http://pool; }
  location /api/ { proxy_pass http://127.0.0.1:${api}/; }
  location /chat {
    proxy_pass http://127.0.0.1:${chat};
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header Host $host;
  }
  location /plain { proxy_pass http://127.0.0.1:${api}; proxy_set_header X-Site none; }
  location /strip/ { rewrite ^/strip/(.*)$ /$1 break; proxy_pass http://127.0.0.1:${api}; }
  location /moved { return 301 https://else.test/place; }
  location = /here { return 302 /there; }
  location /secret { deny all; }
  location /far { allow 192.0.2.0/24; deny all; proxy_pass http://pool; }
  location /near { deny 127.0.0.2; allow 127.0.0.0/8; deny all; proxy_pass http://pool; }
  location /members {
    auth_basic Members;
    auth_basic_user_file ${files}/users;
    proxy_pass http://pool;
    location /members/open { auth_basic off; proxy_pass http://pool; }
  }
  location ~ ^/(one|two)/ { proxy_pass http://127.0.0.1:${api}; }
  location ^~ /three/ { proxy_pass http://127.0.0.1:${api}/three/; }
}
server {
  listen 127.0.0.1:${https} ssl;
  server_name anki.test;
  ssl_certificate ${files}/cert.pem;
  ssl_certificate_key ${files}/key.pem;
  proxy_set_header Host $http_host;
  location = / { return 404; }
  location /sync/ { proxy_pass http://127.0.0.1:${app}; }
  location /msync/ { proxy_pass http://127.0.0.1:${app}; }
}
`;

before(async () => {
  const files = await temporaryDirectory(scope);
  await chmod(files, 0o755);
  const { certificate, key } = await makeCertificate(files, ['app.test', 'www.app.test', 'anki.test']);
  await writeFile(join(files, 'cert.pem'), certificate);
  await writeFile(join(files, 'key.pem'), key);
  await writeFile(join(files, 'users'), `alice:${hash}\n`, { mode: 0o644 });
  const [app, api, chat] = [await startApp(scope, 'app'), await startApp(scope, 'api'), await startWsServer(scope)];
  const text = await onFreePort(async (https) => {
    const ports = { https, http: await freePort(), app, api, chat: chat.port };
    const written = servers(ports, files);
    await startNginx(scope, written, https);
    nginx = ports;
    return written;
  });
  await writeFile(join(files, 'app.conf'), text);
  const imported = await runSallyport(['import', 'nginx', '--json', join(files, 'app.conf')]);
  assert.equal(imported.code, 0, imported.stderr);
  const { config } = JSON.parse(imported.stdout) as { config: Record<string, unknown> };
  const here = { listen: { https: '127.0.0.1:0', http: '127.0.0.1:0' }, logs: { access: 'off' }, workers: 1 };
  // JSON is YAML.
  await writeFile(join(files, 'sallyport.yaml'), JSON.stringify({ ...config, ...here, state: join(files, 'state') }));
  sallyport = await startSallyport(scope, ['run', '-c', join(files, 'sallyport.yaml')]);
});

const same: Readonly<Record<string, Question>> = {
  'the start page': { path: '/' },
  'an alias': { host: 'www.app.test', path: '/x' },
  'a query and an encoded space': { path: '/a%20b?q=1&r=%2F' },
  'a path that is taken off': { path: '/api/users?x=1' },
  'a path that is taken off by a rewrite': { path: '/strip/users?x=1' },
  'a path that is put in its own place': { path: '/three/x' },
  'fields that replace those of the server': { path: '/plain/x' },
  'a pattern that is a prefix': { path: '/two/x' },
  'a redirect': { path: '/moved' },
  'a redirect of one path': { path: '/here' },
  'a forbidden path': { path: '/secret/x' },
  'no password': { path: '/members/x' },
  'a wrong password': { path: '/members/x', fields: [login('alice:guess')] },
  'the right password': { path: '/members/x', fields: [login('alice:wonderland')] },
  'a place without a password': { path: '/members/open/x' },
  'an address that may not': { path: '/far/x' },
  'an address that may': { path: '/near/x' },
  "a redirect to the app's own address": { path: '/api/go' },
  'a WebSocket': { path: '/chat/room?x=1', fields: webSocket },
  'plain HTTP': { path: '/some/where?x=1', plain: true },
  'plain HTTP of an alias': { host: 'www.app.test', path: '/', plain: true },
  'a sync server': { host: 'anki.test', path: '/sync/hostKey' },
  'its other path': { host: 'anki.test', path: '/msync/x' },
  'all else of it': { host: 'anki.test', path: '/' },
  'what only begins like it': { host: 'anki.test', path: '/syncing' },
};

for (const [title, question] of Object.entries(same)) {
  test(`Sallyport answers as nginx does: ${title}`, needs('nginx'), async () => {
    const expected = await ask(nginx, question);
    assert.match(expected, /^\d{3} /);
    assert.equal(await ask(sallyport, question), expected);
  });
}
