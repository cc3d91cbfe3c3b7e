import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { assay } from './clients.ts';

/** What curl on OpenSSL finds wrong with each, so that each is wrong in one way and in the way it says. */
const reasons: Readonly<Record<string, RegExp>> = {
  'self-signed': /self-signed certificate$/,
  'unknown-ca': /self-signed certificate in certificate chain/,
  'twin-ca': /self-signed certificate in certificate chain/,
  'missing-intermediate': /unable to get local issuer certificate/,
  'leaf-as-ca': /invalid CA certificate/,
  'no-constraints-ca': /invalid CA certificate/,
  'no-cert-sign': /invalid CA certificate/,
  'path-length': /path length constraint exceeded/,
  'name-constraints': /permitted subtree violation/,
  'client-only': /unsuitable certificate purpose/,
  'unknown-critical': /unhandled critical extension/,
  'wrong-name': /no alternative certificate subject name matches/,
  'wrong-name-cn-right': /no alternative certificate subject name matches/,
  'similar-name': /no alternative certificate subject name matches/,
  'wildcard-too-wide': /no alternative certificate subject name matches/,
  'nul-in-name': /no alternative certificate subject name matches/,
  'nul-in-cn': /illegal cert name field/,
  'wrong-address': /no alternative certificate subject name matches target host name '127\.0\.0\.1'/,
  expired: /certificate has expired/,
  'not-yet-valid': /certificate is not yet valid/,
  'expired-intermediate': /certificate has expired/,
  'broken-signature': /EVP lib|certificate signature failure/,
  'wrong-key': /bad signature/,
  md5: /signature digest algorithm too weak/,
  'rsa-512-ca': /CA certificate key too weak/,
  'plain-http': /wrong version number/,
  'redirect-to-bad': /self-signed certificate$/,
  'turns-bad': /self-signed certificate$/,
};

test('curl verifies, and refuses each certificate for what is wrong with it', needs('curl'), async (t) => {
  const found = await assay(t, [], ['curl', '-sSL', '--cacert', '{ca}', '{url}']);
  assert.equal(found.code, 0, found.stderr);
  assert.equal(found.verifies, 'yes');
  assert.deepEqual([...found.refused].sort(), Object.keys(reasons).sort());
  for (const { name, group, client } of found.cases)
    if (group === 'must-refuse') assert.match(client.said, reasons[name]!, name);
});

test('curl says by its alert why it leaves', needs('curl'), async (t) => {
  const found = await assay(
    t,
    ['--case', 'unknown-ca', '--case', 'expired'],
    ['curl', '-s', '--cacert', '{ca}', '{url}'],
  );
  const details = found.cases.map(({ name, detail }) => [name, detail]);
  assert.deepEqual(details, [
    ['good', 'sent GET /good HTTP/1.1'],
    ['unknown-ca', 'unknown_ca'],
    ['expired', 'certificate_expired'],
    ['good', 'sent GET /good HTTP/1.1'],
  ]);
});

test('curl -k takes every certificate, if only the server has the key', needs('curl'), async (t) => {
  const found = await assay(t, [], ['curl', '-skL', '{url}']);
  assert.equal(found.code, 1);
  assert.equal(found.verifies, 'no');
  assert.deepEqual(found.refused, ['wrong-key', 'plain-http']);
});

test('a client that does not trust the root of the lab is told so, and no more is tried', needs('curl'), async (t) => {
  const found = await assay(t, [], ['curl', '-sS', '{url}']);
  assert.equal(found.code, 2);
  assert.equal(found.verifies, 'unknown');
  assert.equal(found.cases.length, 1);
  assert.match(found.problem!.why, /refuses the good certificate, too \(unknown_ca\); it said: curl: \(60\)/);
  assert.match(found.problem!.cure, /--cacert \{ca\}/);
});

test('the password of a client that is fooled is told of, and not shown', needs('curl'), async (t) => {
  const found = await assay(t, ['--case', 'wrong-name'], ['curl', '-sk', '-u', 'alice:opensesame', '{url}']);
  const wrong = found.cases.find(({ name }) => name === 'wrong-name');
  assert.equal(wrong?.detail, 'sent GET /wrong-name HTTP/1.1 with authorization');
  assert.doesNotMatch(JSON.stringify(found.cases), /b3BlbnNlc2FtZ|YWxpY2U/);
});

test('--tls shows all of it in one version alone', needs('curl'), async (t) => {
  const found = await assay(t, ['--case', 'wrong-key', '--tls', '1.2'], ['curl', '-s', '--cacert', '{ca}', '{url}']);
  assert.equal(found.verifies, 'yes');
  assert.deepEqual(
    found.cases.map(({ connections }) => connections.map(({ finished }) => finished)),
    [['TLSv1.2'], [null], ['TLSv1.2']],
  );
});
