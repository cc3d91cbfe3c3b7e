import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { makeCertificate, type TestCertificate } from '../support/certificates.ts';
import { openssl, pythonSsl, runCurl, wget } from '../support/clients.ts';
import { needs } from '../support/parts.ts';
import type { Finished } from '../support/process.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';
import { type Gate, openGate } from './gate.ts';

const scope = sharedScope();
let gate: Gate;
let own: TestCertificate;
before(async () => {
  const { port } = await recordingBackend(scope);
  own = await makeCertificate(await temporaryDirectory(scope), ['own.test']);
  gate = await openGate(scope, {
    'app.test': { aliases: ['www.app.test'], to: port },
    'own.test': { to: port, tls: { certificate: own.certificateFile, key: own.keyFile } },
    localhost: port,
  });
});

test('curl: served with the root trusted, refused without', needs('curl'), async () => {
  const trusted = await gate.curl('app.test', '/');
  assert.equal(trusted.stdout, 'ok', trusted.stderr);
  const untrusted = await runCurl([gate.url('app.test'), '--resolve', `app.test:${gate.sallyport.https}:127.0.0.1`]);
  assert.equal(untrusted.code, 60, untrusted.stderr);
});

test('curl: a site with certificate files of its own is served with those', needs('curl'), async () => {
  const served = await gate.curl('own.test', '/', '--cacert', own.rootFile);
  assert.equal(served.stdout, 'ok', served.stderr);
  assert.equal((await gate.curl('own.test', '/')).code, 60);
});

test('curl: one connection carries several requests', needs('curl'), async () => {
  const each = ['-o', '/dev/null', '-w', '%{num_connects} '];
  const { stdout, stderr } = await gate.curl('app.test', '/1', ...each, gate.url('app.test', '/2'), ...each);
  assert.equal(stdout, '1 0 ', stderr);
});

test('curl: plain HTTP leads to HTTPS, for own names only', needs('curl'), async () => {
  const ask = (name: string): Promise<Finished> =>
    runCurl([
      ...['-H', `Host: ${name}`, '-o', '/dev/null', '-w', '%{http_code} %{redirect_url}'],
      `http://127.0.0.1:${gate.sallyport.http}/a/path?with=query`,
    ]);
  assert.equal((await ask('www.app.test')).stdout, `301 ${gate.url('www.app.test', '/a/path?with=query')}`);
  assert.equal((await ask('other.test')).stdout, '404 ');
});

test('wget: served with the root trusted, refused without', needs('wget'), async () => {
  const trusted = await wget(['-q', '-O', '-', '--ca-certificate', gate.rootFile, gate.url('localhost')]);
  assert.equal(trusted.stdout, 'ok', trusted.stderr);
  const untrusted = await wget(['-q', '-O', '-', gate.url('localhost')]);
  assert.equal(untrusted.code, 5, untrusted.stderr);
});

test("Python's ssl: served with the root trusted, another name is refused", needs('python3'), async () => {
  const request = { port: gate.sallyport.https, rootFile: gate.rootFile };
  const trusted = await pythonSsl({ ...request, name: 'www.app.test' });
  assert.equal(trusted.stdout, 'TLSv1.3 200\nok', trusted.stderr);
  const other = await pythonSsl({ ...request, name: 'other.test' });
  assert.equal(other.code, 1);
  assert.match(other.stderr, /unrecognized[ _]name/i);
});

function handshake(name: string, ...args: string[]): Promise<Finished> {
  const connect = ['-connect', `127.0.0.1:${gate.sallyport.https}`, '-servername', name];
  const verify = ['-CAfile', gate.rootFile, '-verify_return_error', '-verify_hostname', name, '-brief'];
  return openssl(['s_client', ...connect, ...verify, ...args], { input: 'Q' });
}

for (const [version, option] of [
  ['TLSv1.2', '-tls1_2'],
  ['TLSv1.3', '-tls1_3'],
] as const) {
  test(`openssl: ${version} is spoken and the chain verifies`, needs('openssl'), async () => {
    const { stdout, stderr } = await handshake('app.test', option);
    assert.match(stdout + stderr, /Verification: OK/);
    assert.match(stdout + stderr, /Verified peername: app\.test/);
    assert.match(stdout + stderr, new RegExp(`Protocol version: ${version}`));
  });
}

test('openssl: TLS 1.1 is refused', needs('openssl'), async () => {
  const { stdout, stderr } = await handshake('app.test', '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0');
  assert.match(stdout + stderr, /alert protocol version/);
});

test('openssl: a name that is no site is refused as unrecognized', needs('openssl'), async () => {
  const { stdout, stderr } = await handshake('other.test');
  assert.match(stdout + stderr, /unrecognized name.*alert number 112/);
});
