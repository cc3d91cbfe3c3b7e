import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSallyport } from '../support/sallyport.ts';
import { temporaryDirectory } from '../support/scope.ts';
import { userLine } from './support.ts';

const sha = 'old:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n';

test('check warns of passwords in the clear, files that all may read, {SHA} and nobody at all, each once', async (t) => {
  const cwd = await temporaryDirectory(t);
  await writeFile(join(cwd, 'users'), userLine('alice', 'secret') + sha, { mode: 0o644 });
  await writeFile(join(cwd, 'empty'), '', { mode: 0o600 });
  await writeFile(
    join(cwd, 'sallyport.yaml'),
    `sites:
  a.test: { to: 8080, tls: off, auth: { basic: users } }
  b.test: { to: 8081, auth: { basic: users } }
  c.test: { to: 8082, auth: { basic: empty } }
`,
  );
  const { code, stdout, stderr } = await runSallyport(['check', '--offline'], { cwd });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /is valid: 3 sites .*, 4 warnings/);
  assert.match(stderr, /sallyport\.yaml:2:33: sites\."a\.test"\.auth: passwords cross the network unencrypted/);
  assert.match(
    stderr,
    /:2:48: .*every user of this machine can read the file with the password hashes[\s\S]*chmod o-rwx/,
  );
  assert.match(stderr, /:2:48: .*users:2:5: the password of old is kept as \{SHA\}/);
  assert.match(stderr, /:4:38: .*nobody is in the file[\s\S]*sallyport user add .*empty NAME/);
});

test('passwords on plain HTTP are no matter behind a proxy that is trusted', async (t) => {
  const cwd = await temporaryDirectory(t);
  await writeFile(join(cwd, 'users'), userLine('alice', 'secret'), { mode: 0o600 });
  const config = 'trustedProxies: [10.0.0.1]\nsites: { a.test: { to: 8080, tls: off, auth: { basic: users } } }\n';
  await writeFile(join(cwd, 'sallyport.yaml'), config);
  const { stdout } = await runSallyport(['check', '--offline'], { cwd });
  assert.match(stdout, /is valid: 1 site \(a\.test\)\n/);
});

test('every fault of a file of users is told with its place, and none quotes what may be a password', async (t) => {
  const cwd = await temporaryDirectory(t);
  await writeFile(join(cwd, 'users'), 'alice:hunter2\nbob\n');
  await writeFile(join(cwd, 'sallyport.yaml'), 'sites: { a.test: { to: 8080, auth: { basic: users } } }\n');
  const { code, stderr } = await runSallyport(['check', '--offline'], { cwd });
  assert.equal(code, 2);
  assert.ok(stderr.includes(`${join(cwd, 'users')}:1:7: the user alice has no hash`), stderr);
  assert.ok(stderr.includes(`${join(cwd, 'users')}:2:1: a line without a colon`), stderr);
  assert.doesNotMatch(stderr, /hunter2/);
});
