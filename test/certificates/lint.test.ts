import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openAuthority } from '../../src/control/certificates/authority/authority.ts';
import { lintPair } from '../../src/control/certificates/files/lint.ts';
import { validityOf } from '../../src/control/certificates/x509/chain.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { CertificatePair } from '../../src/model/site.ts';
import { command } from '../support/command.ts';
import { memoryLog } from '../support/memory-log.ts';
import { scratchDirectory } from '../support/scratch.ts';

const day = 86_400_000;
const names = ['app.internal'];
const extensions = (...more: string[]) =>
  ['subjectAltName=DNS:app.internal', ...more].flatMap((each) => ['-addext', each]);

/** A self-signed pair from the openssl program. */
async function selfSigned(directory: string, options: readonly string[]): Promise<CertificatePair> {
  const [certificate, key] = [join(directory, 'c.pem'), join(directory, 'k.pem')];
  const common = ['-x509', '-nodes', '-subj', '/CN=app.internal', '-keyout', key, '-out', certificate];
  const result = await command('openssl', ['req', ...common, ...options]);
  assert.equal(result.code, 0, result.output);
  return { chain: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') };
}

/** A leaf from the openssl program that is signed by a CA of its own. Both PEM. */
async function signed(
  directory: string,
  digest: string,
  leafExtensions: string,
): Promise<{ leaf: CertificatePair; ca: string }> {
  const path = (name: string) => join(directory, name);
  const run = async (...args: string[]) => {
    const result = await command('openssl', args);
    assert.equal(result.code, 0, result.output);
  };
  const p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await run('req', '-x509', ...p256, '-subj', '/CN=Some CA', '-keyout', path('ca.key'), '-out', path('ca.pem'));
  await run('req', ...p256, '-subj', '/CN=app.internal', '-keyout', path('leaf.key'), '-out', path('leaf.csr'));
  await writeFile(path('ext'), `subjectAltName=DNS:app.internal\n${leafExtensions}\n`);
  const issuer = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', '-extfile', path('ext')];
  await run('x509', '-req', '-in', path('leaf.csr'), ...issuer, `-${digest}`, '-days', '90', '-out', path('leaf.pem'));
  const read = (name: string) => readFile(path(name), 'utf8');
  return { leaf: { chain: await read('leaf.pem'), key: await read('leaf.key') }, ca: await read('ca.pem') };
}

const codes = (pair: CertificatePair, now = Date.now()) =>
  lintPair(pair, names, { now }).map((finding) => finding.code);

async function ours(context: TestContext): Promise<CertificatePair> {
  const directory = await scratchDirectory(context);
  const authority = await openAuthority({ directory, clock: systemClock, log: memoryLog() });
  return await authority.leafFor(names);
}

test('a good certificate has no findings', async (context) => {
  const directory = await scratchDirectory(context);
  assert.deepEqual(codes(await ours(context)), []);
  const plain = ['-newkey', 'rsa:2048', '-days', '90', ...extensions('basicConstraints=critical,CA:FALSE')];
  assert.deepEqual(codes(await selfSigned(directory, plain)), []);
});

test('time: expired, not yet valid, soon to end', async (context) => {
  const pair = await ours(context);
  const { notBefore, notAfter } = validityOf(pair.chain);
  assert.deepEqual(codes(pair, notAfter), ['expired']);
  assert.deepEqual(codes(pair, notBefore - 1000), ['not-yet-valid']);
  assert.deepEqual(codes(pair, notAfter - 10 * day), ['expires-soon']);
  assert.deepEqual(codes(pair, notAfter - 20 * day), []);
});

test('names: what is missing is told, and the common name does not count', async (context) => {
  const pair = await ours(context);
  const wanted = ['app.internal', 'www.app.internal', '*.app.internal', '10.0.0.1'];
  const [finding, ...rest] = lintPair(pair, wanted, { now: Date.now() });
  assert.deepEqual(rest, []);
  assert.match(
    finding?.message ?? '',
    /does not cover www\.app\.internal, \*\.app\.internal, 10\.0\.0\.1\. It is for DNS:app\.internal/,
  );
  const directory = await scratchDirectory(context);
  const bare = await selfSigned(directory, ['-newkey', 'rsa:2048', '-addext', 'basicConstraints=critical,CA:FALSE']);
  assert.deepEqual(codes(bare), ['name-not-covered']);
});

test('the certificate of the usual recipe is marked as a CA, which AnkiDroid refuses', async (context) => {
  const directory = await scratchDirectory(context);
  const pair = await selfSigned(directory, ['-newkey', 'rsa:2048', '-days', '3650', ...extensions()]);
  assert.deepEqual(codes(pair).sort(), ['leaf-is-ca', 'lifetime-too-long']);
  const finding = lintPair(pair, names, { now: Date.now() }).find((each) => each.code === 'leaf-is-ca');
  assert.match(finding?.message ?? '', /AnkiDroid/);
  assert.match(finding?.cure ?? '', /CA:FALSE/);
});

test('weak: RSA below 2048 bits, SHA-1', async (context) => {
  const directory = await scratchDirectory(context);
  const small = ['-newkey', 'rsa:1024', '-days', '90', ...extensions('basicConstraints=critical,CA:FALSE')];
  assert.deepEqual(codes(await selfSigned(directory, small)), ['weak-key']);
  const { leaf, ca } = await signed(directory, 'sha1', 'basicConstraints=CA:FALSE');
  assert.deepEqual(codes({ ...leaf, chain: leaf.chain + ca }), ['weak-signature']);
});

test('chain: a missing intermediate and a wrong order', async (context) => {
  const directory = await scratchDirectory(context);
  const { leaf, ca } = await signed(directory, 'sha256', 'authorityInfoAccess=caIssuers;URI:http://ca.example/i.der');
  assert.deepEqual(codes(leaf), ['chain-incomplete']);
  assert.match(lintPair(leaf, names, { now: Date.now() })[0]?.message ?? '', /CN=Some CA/);
  assert.deepEqual(codes({ ...leaf, chain: leaf.chain + ca }), []);
  const stranger = (await ours(context)).chain;
  assert.deepEqual(codes({ ...leaf, chain: leaf.chain + stranger }), ['chain-disordered']);
});

test('use: a certificate for clients only', async (context) => {
  const directory = await scratchDirectory(context);
  const { leaf, ca } = await signed(directory, 'sha256', 'extendedKeyUsage=clientAuth');
  assert.deepEqual(codes({ ...leaf, chain: leaf.chain + ca }), ['not-for-servers']);
});

test('a key that everybody can read; a group of readers is fine', async (context) => {
  const pair = await ours(context);
  const at = (mode: number) => lintPair(pair, names, { now: Date.now(), keyFile: { path: '/etc/ssl/app.key', mode } });
  assert.deepEqual(at(0o600), []);
  assert.deepEqual(at(0o640), []);
  const [finding] = at(0o644);
  assert.equal(finding?.code, 'key-readable');
  assert.match(finding?.message ?? '', /\/etc\/ssl\/app\.key \(mode 0644\)/);
  assert.equal(finding?.cure, 'chmod o-rwx /etc/ssl/app.key');
});
