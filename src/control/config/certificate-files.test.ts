import 'reflect-metadata';
import assert from 'node:assert/strict';
import { createPrivateKey, type webcrypto } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import { inspectPair } from './certificate-files.ts';
import { readSettings, settingsFromObject } from './read-settings.ts';

const day = 86_400_000;
const now = Date.parse('2030-06-01T00:00:00Z');
const algorithms = {
  ecdsa: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
};

/** A self-signed certificate for these names and its key, both PEM. */
async function issue(names: readonly string[], kind: keyof typeof algorithms = 'ecdsa', notAfter = now + 90 * day) {
  const keys: webcrypto.CryptoKeyPair = await crypto.subtle.generateKey(algorithms[kind], true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=test',
    keys,
    notBefore: new Date(now - day),
    notAfter: new Date(notAfter),
    signingAlgorithm: algorithms[kind],
    extensions: [
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: /^[\d.]+$/.test(value) ? 'ip' : 'dns', value })),
      ),
    ],
  });
  const key = createPrivateKey({
    key: Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)),
    format: 'der',
    type: 'pkcs8',
  });
  return { certificate: `${certificate.toString('pem')}\n`, key };
}

suite('own certificate files', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-'));
  after(() => rmSync(directory, { recursive: true }));
  const put = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
    return join(directory, name);
  };
  const pem = (key: Awaited<ReturnType<typeof issue>>['key']) =>
    key.export({ format: 'pem', type: 'pkcs8' }).toString();

  const names = ['a.example', '*.b.example', '10.0.0.1'];
  const good = await issue(names);
  const other = await issue(names);
  const certificate = put('good.pem', good.certificate);
  const key = put('good.key', pem(good.key));
  const what = (files: { certificate: string; key: string }, wanted: readonly string[] = ['a.example'], at = now) => {
    const { faults, warnings } = inspectPair(files, wanted, at);
    return [...faults, ...warnings].map((fault) => `${fault.below?.join('.')}: ${fault.what}`);
  };

  test('that fit are taken', () => {
    assert.deepEqual(what({ certificate, key }, ['a.example', 'x.b.example', '*.b.example', '10.0.0.1']), []);
  });

  test('may both be in one file', () => {
    const both = put('both.pem', pem(good.key) + good.certificate);
    assert.deepEqual(what({ certificate: both, key: both }), []);
  });

  test('must cover every name of the site', () => {
    const [said = '', ...more] = what({ certificate, key }, [
      'a.example',
      'b.example',
      'x.y.b.example',
      '*.a.example',
      '10.0.0.2',
    ]);
    assert.match(
      said,
      /does not cover b\.example, x\.y\.b\.example, \*\.a\.example, 10\.0\.0\.2, it covers a\.example, \*\.b\.example, 10\.0\.0\.1$/,
    );
    assert.deepEqual(more, []);
  });

  test('must belong together', () => {
    assert.deepEqual(what({ certificate, key: put('other.key', pem(other.key)) }), [
      'key: the key does not belong to the certificate',
    ]);
    const reversed = put('reversed.pem', other.certificate + good.certificate);
    assert.deepEqual(what({ certificate: reversed, key }), ['key: the key does not belong to the first certificate']);
  });

  test('must be PEM of the right kind', () => {
    const encrypted = good.key
      .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' })
      .toString();
    assert.deepEqual(what({ certificate, key: put('encrypted.key', encrypted) }), [
      'key: the key is encrypted with a passphrase',
    ]);
    assert.deepEqual(what({ certificate: key, key: certificate }), [
      'certificate: no certificate in the file',
      'key: no private key in the file',
    ]);
    const damaged = put('damaged.pem', good.certificate.replace(/\n[^\n]{20}/, '\n'));
    assert.deepEqual(what({ certificate: damaged, key }), ['certificate: certificate 1 of the file is damaged']);
  });

  test('may be out of date, with a warning', () => {
    assert.deepEqual(what({ certificate, key }, ['a.example'], now + 91 * day), [
      'certificate: the certificate expired on 2030-08-30T00:00:00.000Z',
    ]);
    assert.match(what({ certificate, key }, ['a.example'], now - 2 * day)[0] ?? '', /not valid before 2030-05-31/);
  });

  test('whose key everybody can read give a warning', () => {
    const open = put('open.key', pem(good.key));
    chmodSync(open, 0o644);
    assert.deepEqual(what({ certificate, key: open }), ['key: every user of this machine can read the key']);
  });

  const world = { environment: {}, home: '/', isRoot: true, now, openFiles: 1024, processors: 1 };

  test('are found relative to the configuration, one pair for each type of key', async () => {
    const rsa = await issue(['a.example'], 'rsa');
    put('rsa.pem', rsa.certificate);
    put('rsa.key', pem(rsa.key));
    const pairs = [
      { certificate: 'good.pem', key: 'good.key' },
      { certificate: 'rsa.pem', key: 'rsa.key' },
    ];
    const read = (tls: unknown) =>
      settingsFromObject({ sites: { 'a.example': { to: 8080, tls } } }, directory, world).settings.sites[0]?.tls;
    assert.deepEqual(read(pairs[0]), { mode: 'files', pairs: [{ certificate, key }] });
    assert.deepEqual(read(pairs), {
      mode: 'files',
      pairs: [
        { certificate, key },
        { certificate: join(directory, 'rsa.pem'), key: join(directory, 'rsa.key') },
      ],
    });
    assert.throws(() => read([pairs[0], pairs[0]]), /tls\.1: a second pair with the same type of key/);
  });

  test('are reported with their place', () => {
    const file = put(
      'sallyport.yaml',
      'sites:\n  b.example:\n    to: 8080\n    tls:\n      certificate: good.pem\n      key: good.key\n',
    );
    assert.throws(
      () => readSettings(file, world),
      /sallyport\.yaml:5:20: sites\."b\.example"\.tls\.certificate: the certificate does not cover b\.example/,
    );
  });

  test('of a CA are read for an https target', () => {
    const target = { url: 'https://10.0.0.1', caFile: 'good.pem' };
    const { settings } = settingsFromObject({ sites: { 'a.example': { to: target } } }, directory, world);
    const action = settings.sites[0]?.routes[0]?.action;
    const compiled = action?.kind === 'proxy' ? action.group.targets[0]?.target : undefined;
    assert.ok(compiled?.kind === 'tcp');
    assert.equal(compiled.tls?.serverName, '10.0.0.1');
    assert.match(compiled.tls?.ca ?? '', /^-----BEGIN CERTIFICATE-----/);
  });
});
