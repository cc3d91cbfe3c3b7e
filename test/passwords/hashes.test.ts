import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseHtpasswd } from '../../src/passwords/htpasswd.ts';
import { makeHash, passwordFault } from '../../src/passwords/make-hash.ts';
import { PasswordThread } from '../../src/passwords/password-thread.ts';
import { verifyPassword } from '../../src/passwords/verify.ts';
import { needs } from '../support/parts.ts';
import { runProcess } from '../support/process.ts';
import { temporaryDirectory } from '../support/scope.ts';

const password = 'grüße, "Welt" $2y$ 100%';

/** What Apache's htpasswd writes under each of its options. */
for (const [option, scheme] of [
  ['-B', 'bcrypt'],
  ['-m', 'apr1'],
  ['-2', 'sha256-crypt'],
  ['-5', 'sha512-crypt'],
  ['-s', 'sha1'],
] as const) {
  test(`${scheme} as Apache's htpasswd writes it`, needs('htpasswd'), async () => {
    const { stdout } = await runProcess('htpasswd', ['-n', '-i', option, 'alice'], { input: password });
    const user = parseHtpasswd(Buffer.from(stdout)).users.get('alice');
    assert.equal(user?.scheme, scheme, stdout);
    assert.ok(verifyPassword(password, user.hash));
    assert.ok(!verifyPassword(`${password} `, user.hash));
  });
}

test('argon2id as its reference implementation writes it', needs('argon2'), async () => {
  const { stdout } = await runProcess('argon2', ['a salt of 16 byt', '-id', '-e', '-t', '3', '-m', '12', '-p', '2'], {
    input: password,
  });
  const user = parseHtpasswd(Buffer.from(`alice:${stdout}`)).users.get('alice');
  assert.equal(user?.scheme, 'argon2id', stdout);
  assert.ok(verifyPassword(password, user.hash));
  assert.ok(!verifyPassword('other', user.hash));
});

test('bcrypt as Sallyport writes it is right for Apache too', needs('htpasswd'), async (t) => {
  const file = join(await temporaryDirectory(t), 'users');
  await writeFile(file, `alice:${makeHash(password, 'bcrypt')}\n`);
  const right = await runProcess('htpasswd', ['-v', '-i', file, 'alice'], { input: password });
  assert.equal(right.code, 0, right.stderr);
});

test('argon2id as Sallyport writes it is read back', () => {
  const hash = makeHash(password, 'argon2id');
  assert.ok(verifyPassword(password, hash));
  assert.ok(!verifyPassword('other', hash));
});

test('bcrypt is not given a password of which it would ignore the end', () => {
  assert.equal(passwordFault('x'.repeat(72), 'bcrypt'), null);
  assert.match(passwordFault('x'.repeat(73), 'bcrypt')?.what ?? '', /more than 72 bytes/);
  assert.equal(passwordFault('x'.repeat(73), 'argon2id'), null);
});

test('the thread tells right from wrong while this one goes on', async (t) => {
  const thread = new PasswordThread();
  t.after(() => thread.stop());
  const hash = makeHash(password, 'bcrypt');
  const check = (tried: string) => new Promise<boolean>((resolve) => thread.check(tried, hash, resolve));
  assert.deepEqual(await Promise.all([check(password), check('other'), check(password)]), [true, false, true]);
});

test('checks that a broken thread leaves behind fail', async () => {
  const thread = new PasswordThread();
  const hash = makeHash(password, 'bcrypt');
  const answer = new Promise<boolean>((resolve) => thread.check(password, hash, resolve));
  thread.stop();
  assert.equal(await answer, false);
});
