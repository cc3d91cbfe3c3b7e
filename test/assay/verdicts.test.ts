import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { assay, only, typical, wrongNames } from './clients.ts';

test('wget and git, on GnuTLS, take a certificate for clients from a server', needs('wget', 'git'), async (t) => {
  const wget = ['wget', '-qO-', '--tries=1', '--ca-certificate={ca}', '{url}'];
  const git = ['git', 'ls-remote', '{url}'];
  const found = await Promise.all([assay(t, typical, wget), assay(t, [...typical, '--trust-env'], git)]);
  for (const { verifies, accepts, code } of found) {
    assert.equal(verifies, 'partly');
    assert.deepEqual(accepts, ['client-only']);
    assert.equal(code, 1);
  }
});

test('wget --no-check-certificate and git with sslVerify=false take anything', needs('wget', 'git'), async (t) => {
  const cases = only('self-signed', 'expired', 'wrong-key');
  const found = await Promise.all([
    assay(t, cases, ['wget', '-qO-', '--tries=1', '--no-check-certificate', '{url}']),
    assay(t, cases, ['git', '-c', 'http.sslVerify=false', 'ls-remote', '{url}']),
  ]);
  for (const { verifies, accepts } of found) {
    assert.equal(verifies, 'no');
    assert.deepEqual(accepts, ['self-signed', 'expired']);
  }
});

const request = 'printf "GET / HTTP/1.0\\r\\n\\r\\n" | openssl s_client -quiet -CAfile {ca} -connect {host}:{port}';

test(
  'openssl s_client takes anything, unless it is told to verify, and to verify the name',
  needs('openssl'),
  async (t) => {
    const client = (more: string) => assay(t, [], ['sh', '-c', `${request} ${more}`]);
    const name = '-verify_hostname {host}';
    const [plain, chain] = await Promise.all([client(''), client('-verify_return_error')]);
    assert.equal(plain.verifies, 'no');
    assert.deepEqual(plain.refused, ['wrong-key', 'plain-http']);
    assert.equal(chain.verifies, 'partly');
    assert.deepEqual(chain.accepts, wrongNames);
    const named = await assay(t, only('wrong-name', 'nul-in-name'), [
      'sh',
      '-c',
      `${request} -verify_return_error ${name}`,
    ]);
    assert.equal(named.verifies, 'yes');
  },
);

const python = (context: string): string[] => [
  'python3',
  '-c',
  `import ssl, sys, urllib.request as r; c = ${context}; r.urlopen(sys.argv[1], context=c).read()`,
  '{url}',
  '{ca}',
];

test(
  "Python's own context verifies, one without check_hostname only the chain, an unverified one nothing",
  needs('python3'),
  async (t) => {
    const [own, nameless, unverified] = await Promise.all([
      assay(t, typical, python('ssl.create_default_context(cafile=sys.argv[2])')),
      assay(t, typical, python('ssl.create_default_context(cafile=sys.argv[2]); c.check_hostname = False')),
      assay(t, only('self-signed', 'expired'), python('ssl._create_unverified_context()')),
    ]);
    assert.equal(own.verifies, 'yes');
    assert.equal(nameless.verifies, 'partly');
    assert.deepEqual(nameless.accepts, ['wrong-name', 'wrong-address']);
    assert.equal(unverified.verifies, 'no');
    assert.deepEqual(unverified.accepts, ['self-signed', 'expired']);
  },
);

const node = (options: string): string[] => [
  process.execPath,
  '-e',
  `require("https").get(process.argv[1], { ca: require("fs").readFileSync(process.argv[2]), ${options} }, (r) => r.resume())`,
  '{url}',
  '{ca}',
];

test('Node verifies until it is told rejectUnauthorized: false', async (t) => {
  const cases = only('self-signed', 'expired', 'wrong-name');
  const [own, never] = await Promise.all([
    assay(t, cases, node('')),
    assay(t, cases, node('rejectUnauthorized: false')),
  ]);
  assert.equal(own.verifies, 'yes');
  assert.equal(own.code, 0);
  assert.equal(never.verifies, 'no');
  assert.deepEqual(never.accepts, ['self-signed', 'wrong-name', 'expired']);
});

test('a client that follows a redirect to plain HTTP, or falls back to it, is found', needs('curl'), async (t) => {
  const fallsBack = 'curl -sS --cacert {ca} {url} || curl -sS http://{host}:{port}/again';
  const found = await assay(t, only('plain-http', 'redirect-to-http'), ['sh', '-c', fallsBack]);
  assert.equal(found.verifies, 'no');
  assert.deepEqual(found.accepts, ['plain-http']);
  assert.match(found.cases[1]!.detail, /^sent GET \/again HTTP\/1\.1, in the clear$/);
  assert.equal(found.cases[2]!.detail, 'does not follow redirects');
});
