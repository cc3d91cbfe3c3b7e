import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { secureExchange, statuses } from '../exchange/support.ts';
import { needs } from '../support/parts.ts';
import { sharedScope } from '../support/scope.ts';
import { openGuardedGate } from './support.ts';

const gate = await openGuardedGate(
  sharedScope(),
  `
  kms.test:
    to: PORT
    auth: { basic: USERS, session: { lifetime: 1h, logout: /logout }, except: [/health] }
    routes:
      /open: { to: PORT, auth: off }
  other.test: { to: PORT, auth: { basic: USERS } }
  without.test: { to: PORT, auth: { basic: USERS, session: false } }
  plain.test: { to: PORT, tls: off, auth: { basic: USERS } }
`,
);
const { ask, backend, sallyport, seen } = gate;
const basic = (user: string, password: string) =>
  `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** A session of alice, as a browser keeps it. */
async function logIn(site = 'kms.test'): Promise<string> {
  const { cookie } = await ask(site, '/', '-u', 'alice:secret');
  assert.notEqual(cookie, '');
  return cookie;
}

test(
  'a right password gives a cookie that only this host gets, only by HTTPS, and no script',
  needs('curl'),
  async () => {
    const { text } = await ask('kms.test', '/', '-u', 'alice:secret');
    const attributes = /^set-cookie: __Host-sallyport-[\w-]{8}=[^;]+; (.*)\r$/im.exec(text)?.[1];
    assert.equal(attributes, 'Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax');
  },
);

for (const version of ['--http1.1', '--http2']) {
  test(`with the cookie the app's own Authorization passes untouched, by ${version.slice(2)}`, async () => {
    const cookie = await logIn();
    const bearer = ['-b', `theme=dark; ${cookie}; x=y`, '-H', 'Authorization: Bearer app-token'];
    const { status, text } = await ask('kms.test', '/api', version, ...bearer);
    assert.equal(status, 200);
    assert.match(seen(), /^Authorization: Bearer app-token\r$/im);
    assert.match(seen(), /^Cookie: theme=dark; x=y\r$/im);
    assert.match(seen(), /^X-Remote-User: alice\r$/m);
    assert.doesNotMatch(text, /^set-cookie/im);
  });
}

test('the cookie reaches no app: not on exceptions, open routes, or beside none of its own', async () => {
  const cookie = await logIn();
  for (const path of ['/', '/health', '/open']) {
    assert.equal((await ask('kms.test', path, '-b', cookie)).status, 200);
    assert.doesNotMatch(seen(), /cookie/i, path);
  }
});

test("Basic credentials beside a good session: the gate's count and are dropped, others are the app's", async () => {
  const cookie = await logIn();
  await ask('kms.test', '/', '-b', cookie, '-u', 'alice:secret');
  assert.doesNotMatch(seen(), /authorization/i);
  for (let time = 0; time < 2; time++) {
    const { status } = await ask('kms.test', '/', '-b', cookie, '-H', basic('app-user', 'app-password'));
    assert.equal(status, 200);
    assert.ok(seen().includes(basic('app-user', 'app-password')) || /^authorization: Basic YXBw/im.test(seen()));
    assert.match(seen(), /^X-Remote-User: alice\r$/m);
  }
  const other = await ask('kms.test', '/', '-b', cookie, '-u', 'bob:hunter2');
  assert.match(seen(), /^X-Remote-User: bob\r$/m);
  assert.match(other.cookie, /^__Host-/);
});

test('a cookie that is forged, of another site or of no session at all says nothing', async () => {
  const cookie = await logIn();
  const [name = '', value = ''] = cookie.split(/=(.*)/s);
  const parts = value.split('.');
  const bob = Buffer.from('bob').toString('base64url');
  for (const forged of [
    `${name}=${[...parts.slice(0, 3), bob, ...parts.slice(4)].join('.')}`,
    `${name}=${[parts[0], parts[1], 'zzzzzz', ...parts.slice(3)].join('.')}`,
    `${name}=${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}`,
    `${name}=${value}x`,
    `${name}=`,
    `x${cookie}`,
  ]) {
    assert.equal((await ask('kms.test', '/', '-b', forged)).status, 401, forged);
  }
  const elsewhere = (await logIn('other.test')).split(/=(.*)/s)[1];
  assert.equal((await ask('kms.test', '/', '-b', `${name}=${elsewhere}`)).status, 401);
  assert.equal((await ask('kms.test', '/', '-b', cookie)).status, 200);
});

test('a program that keeps no cookies is given one on a connection, not with each answer', async () => {
  const get = `GET / HTTP/1.1\r\nHost: kms.test\r\n${basic('alice', 'secret')}\r\n`;
  const { text } = await secureExchange(sallyport, 'kms.test', `${get}\r\n${get}Connection: close\r\n\r\n`);
  assert.deepEqual(statuses(text), [200, 200]);
  assert.equal(text.match(/^set-cookie:/gim)?.length, 1, text);
});

test('session: false gives no cookie and takes none', async () => {
  assert.equal((await ask('without.test', '/', '-u', 'alice:secret')).cookie, '');
});

test('logging out ends the session, also for whoever has a copy of the cookie', async () => {
  const cookie = await logIn();
  const { status, text } = await ask('kms.test', '/logout', '-b', cookie);
  assert.equal(status, 200);
  assert.match(text, /^set-cookie: __Host-[^=]+=; Path=\/; Max-Age=0;/im);
  // Other workers are told of it.
  while ((await ask('kms.test', '/', '-b', cookie)).status !== 401) await delay(20);
  const withPassword = await ask('kms.test', '/logout', '-u', 'alice:secret');
  assert.equal(withPassword.status, 401);
  assert.equal((await ask('kms.test', '/', '-b', await logIn())).status, 200);
});

const own = () => `https://kms.test:${sallyport.https}`;
for (const [what, headers, expected] of [
  ['a POST of a program', () => ['-X', 'POST'], 200],
  [
    'a POST of a page of the site',
    () => ['-X', 'POST', '-H', `Origin: ${own()}`, '-H', 'Sec-Fetch-Site: same-origin'],
    200,
  ],
  ['a POST of a page of the site, old browser', () => ['-X', 'POST', '-H', `Origin: ${own()}`], 200],
  ['a POST of another site', () => ['-X', 'POST', '-H', 'Origin: https://evil.test'], 403],
  ['a POST of another site of the same domain', () => ['-X', 'POST', '-H', 'Sec-Fetch-Site: same-site'], 403],
  ['a POST of a sandboxed frame', () => ['-X', 'POST', '-H', 'Origin: null'], 403],
  [
    'a DELETE of the same host by plain HTTP',
    () => ['-X', 'DELETE', '-H', `Origin: ${own().replace('https', 'http')}`],
    403,
  ],
  ['a link from another site', () => ['-H', 'Sec-Fetch-Site: cross-site', '-H', 'Sec-Fetch-Mode: navigate'], 200],
] as const) {
  test(`${what} is answered with ${expected}, by cookie and by password`, async () => {
    const before = backend.requests.length;
    const cookie = await logIn();
    assert.equal((await ask('kms.test', '/act', '-b', cookie, ...headers())).status, expected);
    assert.equal((await ask('kms.test', '/act', '-u', 'alice:secret', ...headers())).status, expected);
    assert.equal(backend.requests.length - before, expected === 200 ? 3 : 1);
  });
}

test('sessions outlive a restart and a reload; their keys are for the gate alone', async () => {
  const cookie = await logIn();
  assert.equal((await sallyport.reload()).code, 0);
  assert.equal((await ask('kms.test', '/', '-b', cookie)).status, 200);
  const file = join(sallyport.directory, 'state/sessions.json');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const [key] = JSON.parse(await readFile(file, 'utf8')) as { id: string; secret: string }[];
  assert.ok(cookie.includes(`=${key?.id}.`));
  assert.ok(!sallyport.output().includes(key!.secret));
});

test('on plain HTTP the cookie has another name, for browsers would refuse it', async () => {
  const { text, cookie } = await ask('plain.test', '/', '-u', 'alice:secret');
  assert.match(
    text,
    /^set-cookie: sallyport-session-[\w-]{8}=[^;]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax\r$/im,
  );
  assert.equal((await ask('plain.test', '/', '-b', cookie)).status, 200);
});
