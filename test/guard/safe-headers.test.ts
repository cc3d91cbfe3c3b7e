import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCurl } from '../support/clients.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();
const answers: Readonly<Record<string, string>> = {
  '/page': 'Content-Type: text/HTML; charset=utf-8\r\n',
  '/data': 'Content-Type: application/json\r\n',
  '/careful':
    'Content-Type: text/html\r\nReferrer-Policy: no-referrer\r\nx-content-type-options: own\r\nX-Frame-Options: own\r\nStrict-Transport-Security: max-age=1\r\n',
  '/cookies': 'Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2; SECURE; HttpOnly\r\nSet-Cookie: c=secure\r\n',
};
const backend = await recordingBackend(scope, async ({ head }) => {
  const path = head.split(' ')[1] ?? '';
  const status = path === '/moved' ? '302 Found\r\nLocation: /page\r\nContent-Type: text/html' : '200 OK';
  return `HTTP/1.1 ${status}\r\n${answers[path.replace(/^\/(?:route|ruled)/, '')] ?? ''}Content-Length: 0\r\n\r\n`;
});
const all =
  'hsts: { maxAge: 365d, includeSubDomains: true, preload: true }, nosniff: true, frames: sameOrigin, secureCookies: true';
const gate = await startSallyport(
  scope,
  `
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }
logs: { access: off }
sites:
  usual.test: { to: ${backend.port} }
  all.test:
    headers: { ${all}, referrerPolicy: same-origin }
    routes:
      /: ${backend.port}
      /route: { to: ${backend.port}, headers: { nosniff: false, frames: deny, referrerPolicy: false, secureCookies: false } }
      /ruled: { to: ${backend.port}, headers: { response: { set: { X-Frame-Options: ALLOWALL }, remove: [Referrer-Policy, Strict-Transport-Security] } } }
      /gone: { redirect: /page }
      /closed: { to: ${backend.port}, deny: [all] }
  simple.test: { to: ${backend.port}, headers: { hsts: true } }
  plain.test: { tls: off, to: ${backend.port}, headers: { secureCookies: true } }
`,
);
const root = join(gate.directory, 'state/authority/root.pem');
const watched = [
  'strict-transport-security',
  'x-content-type-options',
  'x-frame-options',
  'referrer-policy',
  'set-cookie',
];

/** The careful fields of an answer, names in lower case. */
async function careful(name: string, path: string, ...more: readonly string[]): Promise<string[]> {
  const [scheme, port] = name === 'plain.test' ? ['http', gate.http] : ['https', gate.https];
  const place = ['--connect-to', `${name}:${port}:127.0.0.1:${port}`, '--cacert', root];
  const { stdout, stderr } = await runCurl([...place, '--include', ...more, `${scheme}://${name}:${port}${path}`]);
  assert.ok(stdout, stderr);
  const lines = stdout
    .split('\r\n\r\n')[0]!
    .split('\r\n')
    .map((line) => line.replace(/^[^:]*/, (field) => field.toLowerCase()));
  return lines.filter((line) => watched.includes(line.split(':', 1)[0]!));
}

const hsts = 'strict-transport-security: max-age=31536000; includeSubDomains; preload';

for (const version of ['--http1.1', '--http2']) {
  const how = version.slice(2);
  test(`nothing is added by default but what browsers do anyway, and to pages alone (${how})`, async () => {
    const policy = 'referrer-policy: strict-origin-when-cross-origin';
    assert.deepEqual(await careful('usual.test', '/page', version), [policy]);
    assert.deepEqual(await careful('usual.test', '/data', version), []);
    assert.deepEqual(await careful('usual.test', '/moved', version), []);
  });

  test(`each field has a switch; what the app says wins (${how})`, async () => {
    const added = [hsts, 'x-content-type-options: nosniff', 'x-frame-options: SAMEORIGIN'];
    assert.deepEqual(await careful('all.test', '/page', version), [...added, 'referrer-policy: same-origin']);
    assert.deepEqual(await careful('all.test', '/data', version), added);
    assert.deepEqual(await careful('all.test', '/careful', version), [
      'referrer-policy: no-referrer',
      'x-content-type-options: own',
      'x-frame-options: own',
      'strict-transport-security: max-age=1',
    ]);
    assert.deepEqual(await careful('simple.test', '/data', version), ['strict-transport-security: max-age=15552000']);
  });

  test(`cookies are marked Secure where that is asked for, once (${how})`, async () => {
    const cookies = (await careful('all.test', '/cookies', version)).filter((line) => line.startsWith('set-cookie'));
    assert.deepEqual(cookies, [
      'set-cookie: a=1; Path=/; Secure',
      'set-cookie: b=2; SECURE; HttpOnly',
      'set-cookie: c=secure; Secure',
    ]);
    assert.ok((await careful('usual.test', '/cookies', version)).includes('set-cookie: a=1; Path=/'));
  });
}

test('a route has its own switches, and header rules win over all of them', async () => {
  assert.deepEqual(await careful('all.test', '/route/page'), [hsts, 'x-frame-options: DENY']);
  assert.ok((await careful('all.test', '/route/cookies')).includes('set-cookie: a=1; Path=/'));
  assert.deepEqual(await careful('all.test', '/ruled/page'), [
    'x-frame-options: ALLOWALL',
    'x-content-type-options: nosniff',
  ]);
});

test('answers of the gate’s own keep browsers to HTTPS too, but never one for another site’s name', async () => {
  for (const path of ['/gone', '/closed']) assert.ok((await careful('all.test', path)).includes(hsts), path);
  const elsewhere = await careful('usual.test', '/page', '--header', 'Host: all.test');
  assert.ok(!elsewhere.includes(hsts), elsewhere.join());
});

test('nothing about HTTPS is said over plain HTTP', async () => {
  assert.ok((await careful('plain.test', '/cookies')).includes('set-cookie: a=1; Path=/'));
  const { stdout } = await runCurl(['--include', '--header', 'Host: all.test', `http://127.0.0.1:${gate.http}/page`]);
  assert.match(stdout, /^HTTP\/1\.1 301 /);
  assert.doesNotMatch(stdout, /strict-transport/i);
});

test('pages of the gate’s own let nothing run', async () => {
  const place = ['--connect-to', `all.test:${gate.https}:127.0.0.1:${gate.https}`, '--cacert', root];
  const { stdout } = await runCurl([...place, '--include', '--http1.1', `https://all.test:${gate.https}/closed`]);
  assert.match(stdout, /^HTTP\/1\.1 403 /);
  assert.match(stdout, /\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n/);
  assert.match(stdout, /\r\nX-Content-Type-Options: nosniff\r\n/);
});
