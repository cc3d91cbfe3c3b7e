import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCurl } from '../support/clients.ts';
import { needs } from '../support/parts.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope);
const gate = await startSallyport(
  scope,
  `
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }
trustedProxies: [127.0.0.9]
logs: { access: off }
sites:
  kms.test:
    to: ${backend.port}
    allow: [127.0.1.0/24, 203.0.113.0/24, "2001:db8::/32"]
    deny: [127.0.1.66, "2001:db8:bad::/48"]
    routes:
      /health: { to: ${backend.port}, allow: [all] }
      /old: { redirect: /new }
      /inner: { to: ${backend.port}, allow: [127.0.1.66], deny: [127.0.1.0/24] }
  open.test:
    to: ${backend.port}
    deny: [127.0.1.66]
  plain.test: { tls: off, to: ${backend.port}, allow: [127.0.1.0/24] }
`,
);
const root = join(gate.directory, 'state/authority/root.pem');

/** The status that a client at the address `from` gets. */
async function statusFor(from: string, name: string, path = '/', ...more: readonly string[]): Promise<number> {
  const [scheme, port] = name === 'plain.test' ? ['http', gate.http] : ['https', gate.https];
  const place = ['--connect-to', `${name}:${port}:127.0.0.1:${port}`, '--interface', from, '--cacert', root];
  const seen = backend.requests.length;
  const args = [...place, '--output', '/dev/null', '--write-out', '%{http_code}', ...more];
  const { stdout, stderr } = await runCurl([...args, `${scheme}://${name}:${port}${path}`]);
  const status = Number(stdout);
  assert.equal(backend.requests.length - seen, status === 200 ? 1 : 0, `${from} ${name}${path}: ${status} ${stderr}`);
  return status;
}

for (const version of ['--http1.1', '--http2']) {
  test(`only who is allowed passes, with ${version.slice(2)}`, needs('curl'), async () => {
    assert.equal(await statusFor('127.0.1.1', 'kms.test', '/', version), 200);
    assert.equal(await statusFor('127.0.0.1', 'kms.test', '/', version), 403);
    assert.equal(await statusFor('127.0.0.1', 'kms.test', '/', version, '--data-binary', 'x'.repeat(100_000)), 403);
    assert.equal(await statusFor('127.0.0.1', 'plain.test', '/', version), 403);
    assert.equal(await statusFor('127.0.1.1', 'plain.test', '/', version), 200);
  });
}

test('who is denied is refused, everybody else passes', async () => {
  assert.equal(await statusFor('127.0.1.66', 'open.test'), 403);
  assert.equal(await statusFor('127.0.1.67', 'open.test'), 200);
});

test('of two networks the smaller one decides', async () => {
  assert.equal(await statusFor('127.0.1.66', 'kms.test'), 403);
  assert.equal(await statusFor('127.0.1.66', 'kms.test', '/inner'), 200);
  assert.equal(await statusFor('127.0.1.1', 'kms.test', '/inner'), 403);
});

test('a route with lists of its own has those alone; a redirect is guarded too', async () => {
  assert.equal(await statusFor('127.0.0.1', 'kms.test', '/health'), 200);
  assert.equal(await statusFor('127.0.0.1', 'kms.test', '/old'), 403);
  assert.equal(await statusFor('127.0.1.1', 'kms.test', '/old'), 302);
});

test('a trusted proxy is seen through, and nobody else', async () => {
  const forwarded = (value: string) => ['--header', `X-Forwarded-For: ${value}`] as const;
  assert.equal(await statusFor('127.0.0.9', 'kms.test', '/', ...forwarded('203.0.113.5')), 200);
  assert.equal(await statusFor('127.0.0.9', 'kms.test', '/', ...forwarded('::ffff:203.0.113.5')), 200);
  assert.equal(await statusFor('127.0.0.9', 'kms.test', '/', ...forwarded('::FFFF:cb00:7105')), 200);
  assert.equal(await statusFor('127.0.0.9', 'kms.test', '/', ...forwarded('2001:DB8:0::1')), 200);
  assert.equal(await statusFor('127.0.0.9', 'kms.test', '/', ...forwarded('2001:db8:bad::1')), 403);
  assert.equal(await statusFor('127.0.0.9', 'kms.test', '/', ...forwarded('203.0.113.5, 198.51.100.1')), 403);
  assert.equal(await statusFor('127.0.0.9', 'kms.test', '/', ...forwarded('unknown')), 403);
  assert.equal(await statusFor('127.0.0.9', 'kms.test'), 403);
  assert.equal(await statusFor('127.0.0.1', 'kms.test', '/', ...forwarded('203.0.113.5')), 403);
});

test('who is refused gets a page that says so and names no network', async () => {
  const place = ['--connect-to', `kms.test:${gate.https}:127.0.0.1:${gate.https}`, '--cacert', root];
  const { stdout } = await runCurl([...place, `https://kms.test:${gate.https}/`]);
  assert.match(stdout, /<h1>You may not pass here<\/h1>/);
  assert.match(stdout, /not open to the address you come from/);
  assert.doesNotMatch(stdout, /127\.0/);
});

test('a WebSocket is refused like any other request', async () => {
  const upgrade = ['--http1.1', '-H', 'Connection: Upgrade', '-H', 'Upgrade: websocket'];
  const key = ['-H', 'Sec-WebSocket-Version: 13', '-H', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
  assert.equal(await statusFor('127.0.0.1', 'kms.test', '/', ...upgrade, ...key), 403);
});
