import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { startApache } from '../support/apache.ts';
import { makeCertificate } from '../support/certificates.ts';
import { needs } from '../support/parts.ts';
import { freePort, onFreePort } from '../support/ports.ts';
import { runSallyport, startSallyport } from '../support/sallyport.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';
import { startWsServer } from '../support/websocket.ts';
import { ask, login, type Question, type Server, startApp, webSocket } from './ask.ts';

/** The real Apache with a configuration, and Sallyport with what `import` makes of it, are asked the same and compared. */

const scope = sharedScope();
const password = 'wonderland';
/** Of `wonderland`, by htpasswd. */
const hash = '$apr1$DeuQSzF/$griO5mI7RE47XY2FJSKaQ/';

let apache: Server;
let sallyport: Server;

interface Ports {
  readonly https: number;
  readonly http: number;
  readonly app: number;
  readonly api: number;
  readonly chat: number;
}

const sites = ({ https, http, app, api, chat }: Ports, files: string): string => `
Listen 127.0.0.1:${https}
Listen 127.0.0.1:${http}
<VirtualHost *:${http}>
  ServerName app.test
  ServerAlias www.app.test
  RewriteEngine on
  RewriteCond %{SERVER_NAME} =app.test [OR]
  RewriteCond %{SERVER_NAME} =www.app.test
  RewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [END,NE,R=permanent]
</VirtualHost>
<VirtualHost *:${https}>
  ServerName app.test
  ServerAlias www.app.test
  SSLEngine on
  SSLCertificateFile ${files}/cert.pem
  SSLCertificateKeyFile ${files}/key.pem
  ProxyPreserveHost On
  Header always set X-Frame-Options DENY
  Header always set Strict-Transport-Security "max-age=31536000"
  RequestHeader set X-Site app
  RewriteEngine on
  RewriteCond %{HTTP:Upgrade} =websocket [NC]
  RewriteRule ^/chat(/.*)?$ ws://127.0.0.1:${chat}/chat$1 [P]
  RewriteRule ^/secret - [F]
  Redirect /hidden https://nowhere.test/
  <Location /moved>
    Redirect 301 https://else.test/place
  </Location>
  ProxyPass /api http://127.0.0.1:${api}
  ProxyPassReverse /api http://127.0.0.1:${api}
  <Location /members>
    AuthType Basic
    AuthName Members
    AuthUserFile ${files}/users
    Require valid-user
  </Location>
  <Location /members/open>
    Require all granted
  </Location>
  <Location /far>
    Require ip 192.0.2.0/24
  </Location>
  <Location /near>
    Order deny,allow
    Deny from all
    Allow from 127.0.0.1
  </Location>
  <Location /deep/er>
    ProxyPass http://127.0.0.1:${api}/deep/er
  </Location>
  ProxyPass /deep/er/est http://127.0.0.1:${app}/never
  ProxyPass / http://127.0.0.1:${app}/
  ProxyPassReverse / http://127.0.0.1:${app}/
  ProxyPass /late http://127.0.0.1:${api}/late
</VirtualHost>
ProxyPass /both http://127.0.0.1:${api}/both
Redirect /from-server /by-server
<Location /guarded>
  Require all denied
</Location>
<VirtualHost *:${https}>
  ServerName rules.test
  SSLEngine on
  SSLCertificateFile ${files}/cert.pem
  SSLCertificateKeyFile ${files}/key.pem
  ProxyPreserveHost On
  RewriteEngine on
  RewriteRule ^/rewritten/(.*)$ http://127.0.0.1:${api}/rewritten/$1 [P]
  RewriteRule ^/gone-by-rule$ /new-place [R=301,L]
  <Location /rewritten>
    ProxyPass http://127.0.0.1:${app}/rewritten
  </Location>
  <Location /except>
    ProxyPass !
  </Location>
  <Location /guarded>
    Require all granted
  </Location>
  <Location /slash/>
    Require all denied
  </Location>
  <Location /all-of>
    <RequireAll>
      Require ip 127.0.0.0/8
      Require not ip 127.0.0.1
    </RequireAll>
  </Location>
  <LocationMatch "^/matched/">
    Require all denied
  </LocationMatch>
  <Location /ordered>
    Order allow,deny
    Allow from all
    Deny from 127
  </Location>
  Redirect /from-server /by-host
  ProxyPass /both http://127.0.0.1:${app}/both
  ProxyPass /from-server !
  ProxyPass / http://127.0.0.1:${app}/
</VirtualHost>
<VirtualHost *:${https}>
  ServerName anki.test
  <Location /sync>
    ProxyPass http://127.0.0.1:${app}/sync
    ProxyPassReverse http://127.0.0.1:${app}/sync
  </Location>
  <Location /msync>
    ProxyPass http://127.0.0.1:${app}/msync
    ProxyPassReverse http://127.0.0.1:${app}/msync
  </Location>
  UseCanonicalName off
  SSLEngine on
  SSLProtocol +TLSv1.2
  SSLCertificateFile ${files}/cert.pem
  SSLCertificateKeyFile ${files}/key.pem
  ProxyRequests off
  ProxyPreserveHost on
</VirtualHost>
`;

before(async () => {
  const files = await temporaryDirectory(scope);
  // Apache's children run as another user when root starts it.
  await chmod(files, 0o755);
  const { certificate, key } = await makeCertificate(files, ['app.test', 'www.app.test', 'rules.test', 'anki.test']);
  await writeFile(join(files, 'cert.pem'), certificate);
  await writeFile(join(files, 'key.pem'), key);
  await writeFile(join(files, 'users'), `alice:${hash}\n`, { mode: 0o644 });
  const app = await startApp(scope, 'app');
  const api = await startApp(scope, 'api');
  const chat = await startWsServer(scope);
  const text = await onFreePort(async (https) => {
    const ports = { https, http: await freePort(), app, api, chat: chat.port };
    const written = sites(ports, files);
    await startApache(scope, written, https);
    apache = ports;
    return written;
  });
  const file = join(files, 'app.conf');
  await writeFile(file, text);
  const imported = await runSallyport(['import', 'apache', '--json', file]);
  assert.equal(imported.code, 0, imported.stderr);
  const { config } = JSON.parse(imported.stdout) as { config: Record<string, unknown> };
  const listen = { https: '127.0.0.1:0', http: '127.0.0.1:0' };
  const logs = { access: 'off', errors: 'stderr' };
  const state = join(files, 'state');
  // JSON is YAML.
  const yaml = JSON.stringify({ ...config, listen, logs, state, workers: 1 });
  const { https, http } = await startSallyport(scope, [
    'run',
    '-c',
    await writtenTo(join(files, 'sallyport.yaml'), yaml),
  ]);
  sallyport = { https, http };
});

async function writtenTo(file: string, text: string): Promise<string> {
  await writeFile(file, text);
  return file;
}

const same: Readonly<Record<string, Question>> = {
  'the start page': { path: '/' },
  'an alias': { host: 'www.app.test', path: '/x' },
  'a query and an encoded space': { path: '/a%20b?q=1&r=%2F' },
  'a path that is taken off': { path: '/api/users?x=1' },
  'the path alone that is taken off': { path: '/api' },
  'a name that only begins like a route': { path: '/apiary' },
  'a location before every ProxyPass': { path: '/deep/er/est/x' },
  'a ProxyPass behind another one': { path: '/late/x' },
  'a Redirect hidden by a ProxyPass': { path: '/hidden/x' },
  'a Redirect of a location': { path: '/moved' },
  'a forbidden path': { path: '/secret/x' },
  'no password': { path: '/members/x' },
  'a wrong password': { path: '/members/x', fields: [login('alice:guess')] },
  'the right password': { path: '/members/x', fields: [login(`alice:${password}`)] },
  'a place without a password': { path: '/members/open/x' },
  'an address that may not': { path: '/far/x' },
  'an address that may': { path: '/near/x' },
  "a redirect to the app's own address": { path: '/go' },
  'a redirect of the app whose path is taken off': { path: '/api/go' },
  'a WebSocket': { path: '/chat/room?x=1', fields: webSocket },
  'plain HTTP': { path: '/some/where?x=1', plain: true },
  'a rewriting before a ProxyPass of a location': { host: 'rules.test', path: '/rewritten/x' },
  'a redirect by rewriting': { host: 'rules.test', path: '/gone-by-rule' },
  "the server's ProxyPass before the host's": { host: 'rules.test', path: '/both/x' },
  "the host's location after the server's": { host: 'rules.test', path: '/guarded/x' },
  "the server's location, where the host has none": { path: '/guarded/x' },
  'what is below a location with a slash at its end': { host: 'rules.test', path: '/slash/x' },
  'an address that is one of those that may, and of those that may not': { host: 'rules.test', path: '/all-of/x' },
  'a location by an expression': { host: 'rules.test', path: '/matched/x' },
  'an order of allow and deny': { host: 'rules.test', path: '/ordered/x' },
  'a sync server': { host: 'anki.test', path: '/sync/hostKey' },
  'its other path': { host: 'anki.test', path: '/msync' },
  'all else of it': { host: 'anki.test', path: '/' },
  'what only begins like it': { host: 'anki.test', path: '/syncing' },
};

/** Where the verdicts say that Sallyport does otherwise: its answer, and Apache's. */
const otherwise: Readonly<Record<string, readonly [Question, string, string]>> = {
  'what is kept from the app is closed, not looked for among files': [
    { host: 'rules.test', path: '/except/x' },
    '403 |  |  | ',
    '404 |  |  | ',
  ],
  'a redirect has nothing appended': [
    { host: 'rules.test', path: '/from-server/x' },
    '302 | https://rules.test/by-host |  | ',
    '302 | https://rules.test/by-host/x |  | ',
  ],
};

for (const [title, [question, ours, theirs]] of Object.entries(otherwise)) {
  test(`as the verdicts say: ${title}`, needs('apache2'), async () => {
    assert.deepEqual([await ask(sallyport, question), await ask(apache, question)], [ours, theirs]);
  });
}

for (const [title, question] of Object.entries(same)) {
  test(`Sallyport answers as Apache does: ${title}`, needs('apache2'), async () => {
    assert.equal(await ask(sallyport, question), await ask(apache, question));
  });
}
