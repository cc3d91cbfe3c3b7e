import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { openssl, pythonSsl, runCurl, wget } from './clients.ts';
import { needs } from './parts.ts';
import { rawExchange } from './raw-exchange.ts';
import { sharedScope } from './scope.ts';
import { startTlsEcho, type TlsEcho } from './tls-echo.ts';

const scope = sharedScope();
let server: TlsEcho;
before(async () => {
  server = await startTlsEcho(scope, ['app.test', 'localhost']);
});

test('curl verifies with the root it is given, and refuses without', needs('curl'), async () => {
  const target = [`https://app.test:${server.port}/`, '--resolve', `app.test:${server.port}:127.0.0.1`];
  const trusted = await runCurl(['--cacert', server.certificate.rootFile, ...target]);
  assert.equal(trusted.stdout, `<title>app.test:${server.port}</title>`, trusted.stderr);
  const untrusted = await runCurl(target);
  assert.equal(untrusted.code, 60, untrusted.stderr);
});

test('openssl s_client reports the handshake', needs('openssl'), async () => {
  const { stdout, stderr } = await openssl(
    [
      's_client',
      '-connect',
      `127.0.0.1:${server.port}`,
      '-servername',
      'app.test',
      '-verify_return_error',
      '-brief',
    ].concat(['-verify_hostname', 'app.test', '-CAfile', server.certificate.rootFile]),
    { input: 'Q' },
  );
  assert.match(stdout + stderr, /Verification: OK/);
  assert.match(stdout + stderr, /Verified peername: app\.test/);
});

test('wget verifies with the root it is given, and refuses without', needs('wget'), async () => {
  const url = `https://localhost:${server.port}/`;
  const trusted = await wget(['-q', '-O', '-', '--ca-certificate', server.certificate.rootFile, url]);
  assert.match(trusted.stdout, /<title>localhost/, trusted.stderr);
  const untrusted = await wget(['-q', '-O', '-', url]);
  assert.equal(untrusted.code, 5, untrusted.stderr);
});

test("Python's ssl verifies with the root it is given, and refuses another name", needs('python3'), async () => {
  const request = { port: server.port, rootFile: server.certificate.rootFile };
  const good = await pythonSsl({ ...request, name: 'app.test' });
  assert.match(good.stdout, /^TLSv1\.3 200\n<title>app\.test/, good.stderr);
  const bad = await pythonSsl({ ...request, name: 'other.test' });
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /certificate verify failed/);
});

test('a raw exchange returns everything up to the close', async () => {
  const request = ['GET / HTTP/1.1\r\nHost: a', 'pp.test\r\nConnection: close\r\n\r\n'];
  const tls = { name: 'app.test', root: server.certificate.root };
  const answer = await rawExchange(server.port, request, { tls });
  assert.equal(answer.end, 'closed', String(answer.error));
  assert.match(answer.text, /^HTTP\/1\.1 200 OK\r\n[\s\S]*<title>app\.test<\/title>$/);
});

test('a raw exchange that is refused says so', async () => {
  const answer = await rawExchange(server.port, 'GET / HTTP/1.1\r\n\r\n', {
    tls: { name: 'other.test', root: server.certificate.root },
  });
  assert.equal(answer.end, 'reset');
  assert.match(String(answer.error), /other\.test/);
});
