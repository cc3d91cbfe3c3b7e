import assert from 'node:assert/strict';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { runSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { openGuardedGate, userLine } from './support.ts';

const gate = await openGuardedGate(
  sharedScope(),
  `
  kms.test: { to: PORT, auth: { basic: USERS } }
  backend.test: { to: PORT, auth: { basic: USERS } }
`,
);
const { ask, users, sallyport } = gate;

/** Resolves when the gate has said `pattern` once more than before. */
async function said(pattern: RegExp, act: () => Promise<unknown>): Promise<void> {
  const count = sallyport.output().match(new RegExp(pattern, 'g'))?.length ?? 0;
  await act();
  await sallyport.process.printed(new RegExp(`(?:${pattern.source}[\\s\\S]*){${count + 1}}`));
}

const taken = /a file of users has changed and is taken up/;
const refused = /a file of users cannot be used/;

test(
  'a user who is added may pass at both sites of the file, and one who is removed is out at once',
  needs('curl'),
  async () => {
    assert.equal((await ask('kms.test', '/', '-u', 'carol:pw')).status, 401);
    await said(taken, () => runSallyport(['user', 'add', users, 'carol'], { input: 'pw\n' }));
    const { status, cookie } = await ask('kms.test', '/', '-u', 'carol:pw');
    assert.equal(status, 200);
    assert.equal((await ask('backend.test', '/', '-u', 'carol:pw')).status, 200);
    assert.equal((await ask('kms.test', '/', '-b', cookie)).status, 200);
    await said(taken, () => runSallyport(['user', 'remove', users, 'carol']));
    assert.equal((await ask('kms.test', '/', '-u', 'carol:pw')).status, 401);
    assert.equal((await ask('kms.test', '/', '-b', cookie)).status, 401);
    assert.equal((await ask('kms.test', '/', '-u', 'alice:secret')).status, 200);
  },
);

test('another password ends the sessions of the old one', async () => {
  await said(taken, () => writeFile(users, userLine('alice', 'secret') + userLine('bob', 'hunter2')));
  const bob = (await ask('kms.test', '/', '-u', 'bob:hunter2')).cookie;
  const alice = (await ask('kms.test', '/', '-u', 'alice:secret')).cookie;
  await said(taken, async () => {
    await writeFile(`${users}.new`, userLine('alice', 'secret') + userLine('bob', 'other'));
    await rename(`${users}.new`, users);
  });
  assert.equal((await ask('kms.test', '/', '-b', bob)).status, 401);
  assert.equal((await ask('kms.test', '/', '-u', 'bob:hunter2')).status, 401);
  assert.equal((await ask('kms.test', '/', '-u', 'bob:other')).status, 200);
  assert.equal((await ask('kms.test', '/', '-b', alice)).status, 200);
});

test('a broken file changes nothing and is named with its line; a reload is refused', async () => {
  await said(refused, () => writeFile(users, `${userLine('alice', 'secret')}bob\n`));
  assert.match(sallyport.output(), /a file of users cannot be used.* file=\S+ .*line=2/);
  assert.equal((await ask('kms.test', '/', '-u', 'alice:secret')).status, 200);
  const reload = await sallyport.reload();
  assert.equal(reload.code, 2);
  assert.match(reload.stderr, /users:2:1: a line without a colon/);
  await said(refused, () => rm(users));
  assert.equal((await ask('kms.test', '/', '-u', 'alice:secret')).status, 200);
  await said(taken, () => writeFile(users, userLine('alice', 'secret')));
  await chmod(users, 0o600);
});
