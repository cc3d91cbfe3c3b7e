import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { sharedScope } from '../support/scope.ts';
import { openGuardedGate } from './support.ts';

const gate = await openGuardedGate(
  sharedScope(),
  `
  kms.test:
    to: PORT
    auth: { basic: USERS, realm: 'The "KMS"', except: [/health] }
    routes:
      /open: { to: PORT, auth: off }
      /old: { redirect: /new }
  backend.test: { to: PORT, auth: { basic: USERS, passAuthorization: true } }
  plain.test: { to: PORT, tls: off, auth: { basic: USERS } }
  parts.test:
    routes:
      /: PORT
      /admin: { to: PORT, auth: { basic: USERS } }
`,
);
const { ask, backend, seen, upload } = gate;

for (const version of ['--http1.1', '--http2']) {
  test(`a right password passes, a wrong one and none do not, by ${version.slice(2)}`, needs('curl'), async () => {
    const before = backend.requests.length;
    const none = await ask('kms.test', '/', version);
    assert.equal(none.status, 401);
    assert.match(none.text, /^www-authenticate: Basic realm="The \\"KMS\\"", charset="UTF-8"\r$/im);
    assert.equal((await ask('kms.test', '/', version, '-u', 'alice:wrong')).status, 401);
    assert.equal((await ask('kms.test', '/', version, '-u', 'nobody:secret')).status, 401);
    assert.equal((await ask('kms.test', '/', version, '-H', 'Authorization: Basic !')).status, 401);
    assert.equal((await ask('kms.test', '/', version, '-H', 'Authorization: Bearer x')).status, 401);
    assert.equal(backend.requests.length, before);
    assert.equal((await ask('kms.test', '/', version, '-u', 'alice:secret')).status, 200);
    assert.equal((await ask('kms.test', '/', version, '-u', 'bob:hunter2')).status, 200);
    assert.equal(backend.requests.length, before + 2);
  });

  test(`an upload waits for the verdict and arrives whole, by ${version.slice(2)}`, needs('curl'), async () => {
    const body = 'x'.repeat(300_000);
    const { status } = await upload('backend.test', '/up', body, version, '-u', 'bob:hunter2');
    assert.equal(status, 200);
    assert.equal((await backend.requests.at(-1)!.body).length, 300_000);
    assert.equal((await upload('backend.test', '/up', body, version, '-u', 'bob:wrong')).status, 401);
  });
}

test('two Authorization fields are ambiguous', async () => {
  const two = ['-H', 'Authorization: Basic YWxpY2U6c2VjcmV0', '-H', 'authorization: Bearer x'];
  assert.equal((await ask('kms.test', '/', '--http1.1', ...two)).status, 400);
});

test('the app gets the name of the user and not the password, and no claim of a client', async () => {
  const claims = ['-H', 'X-Remote-User: root', '-H', 'x_remote_user: root'];
  await ask('kms.test', '/', '-u', 'alice:secret', ...claims);
  assert.match(seen(), /^X-Remote-User: alice\r$/m);
  assert.equal(seen().match(/remote.user/gi)?.length, 1);
  assert.doesNotMatch(seen(), /authorization/i);
  await ask('kms.test', '/health', ...claims);
  assert.doesNotMatch(seen(), /remote.user/i);
  await ask('kms.test', '/open', ...claims);
  assert.doesNotMatch(seen(), /remote.user/i);
});

test('passAuthorization gives the app the password too', async () => {
  assert.equal((await ask('backend.test', '/', '-u', 'alice:secret')).status, 200);
  assert.match(seen(), /^Authorization: Basic YWxpY2U6c2VjcmV0\r$/im);
});

test('exceptions and routes with auth: off pass without a password, redirects do not', async () => {
  assert.equal((await ask('kms.test', '/health')).status, 200);
  assert.equal((await ask('kms.test', '/health/live?x=1')).status, 200);
  assert.equal((await ask('kms.test', '/healthy')).status, 401);
  assert.equal((await ask('kms.test', '/open')).status, 200);
  assert.equal((await ask('kms.test', '/old')).status, 401);
  assert.equal((await ask('kms.test', '/old', '-u', 'alice:secret')).status, 302);
});

for (const path of ['/health/../x', '/health/%2e%2e/x', '/health;v=1/x', '/health/..%2fx', '/health\\..\\x']) {
  test(`no exception for ${path}, which may be read in another way`, async () => {
    assert.ok([400, 401].includes((await ask('kms.test', path)).status));
  });
}

for (const path of [
  '//admin',
  '/%61dmin',
  '/%2561dmin',
  '/ADMIN',
  '/admin;x',
  '/x%2f..%2fadmin',
  '/x\\..\\admin',
  '/%2fadmin',
]) {
  test(`${path} is not the way around the password of /admin`, async () => {
    const { status } = await ask('parts.test', path);
    assert.equal(status, 400);
  });
}

test('paths beside a guarded route are as open as before', async () => {
  assert.equal((await ask('parts.test', '/Files/a%20b%2Fc//d')).status, 200);
  assert.equal((await ask('parts.test', '/administrator')).status, 200);
  assert.equal((await ask('parts.test', '/admin/x')).status, 401);
});

test('the access log names the user, and the one who was tried', async () => {
  await ask('kms.test', '/named', '-u', 'alice:secret');
  await ask('kms.test', '/tried', '-u', 'eve 1:x');
  const { process } = gate.sallyport;
  await process.printed(/127\.0\.0\.1 - alice \[[^\]]*\] "GET \/named HTTP\/2\.0" 200 /);
  await process.printed(/127\.0\.0\.1 - eve\\x201 \[[^\]]*\] "GET \/tried HTTP\/2\.0" 401 /);
});

test('no log and no page shows a password', async () => {
  const { text } = await ask('kms.test', '/', '-u', 'alice:s3cr3t-w0rd', '-H', 'Accept: application/json');
  assert.match(text, /"status":401/);
  const token = Buffer.from('alice:s3cr3t-w0rd').toString('base64');
  for (const output of [text, gate.sallyport.output()])
    assert.ok(!output.includes('s3cr3t') && !output.includes(token));
});

test('a site without TLS asks too', async () => {
  assert.equal((await ask('plain.test', '/')).status, 401);
  const { status, cookie } = await ask('plain.test', '/', '-u', 'alice:secret');
  assert.equal(status, 200);
  assert.match(cookie, /^sallyport-session-/);
});
