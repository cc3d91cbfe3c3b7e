import assert from 'node:assert/strict';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { runProcess } from '../support/process.ts';
import { runSallyport } from '../support/sallyport.ts';
import { temporaryDirectory } from '../support/scope.ts';

test('a user is added with a password from the standard input, listed, verified and removed', async (t) => {
  const cwd = await temporaryDirectory(t);
  const user = (input: string, ...args: string[]) => runSallyport(['user', ...args], { cwd, input });
  const added = await user('s3cret\n', 'add', 'users', 'alice');
  assert.equal(added.code, 0, added.stderr);
  assert.equal((await stat(join(cwd, 'users'))).mode & 0o777, 0o600);
  assert.match(await readFile(join(cwd, 'users'), 'utf8'), /^alice:\$2y\$10\$.{53}\n$/);
  assert.equal((await user('', 'list', 'users')).stdout, 'alice  bcrypt\n');
  assert.equal((await user('s3cret', 'verify', 'users', 'alice')).code, 0);
  assert.equal((await user('S3cret', 'verify', 'users', 'alice')).code, 1);
  assert.equal((await user('', 'remove', 'users', 'alice')).code, 0);
  assert.equal(await readFile(join(cwd, 'users'), 'utf8'), '');
});

test('a change keeps comments, order, other users and the rights of the file', async (t) => {
  const cwd = await temporaryDirectory(t);
  const file = join(cwd, 'users');
  const sha = '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=';
  await writeFile(file, `# staff\nalice:${sha}:Alice\nbob:${sha}\n`);
  await chmod(file, 0o640);
  await runSallyport(['user', 'add', file, 'alice'], { cwd, input: 'new\n' });
  assert.match(await readFile(file, 'utf8'), /^# staff\nalice:\$2y\$.*:Alice\nbob:\{SHA\}.*\n$/);
  assert.equal((await stat(file)).mode & 0o777, 0o640);
});

test('a file that cannot be read in one way is not changed, and each fault has its place', async (t) => {
  const cwd = await temporaryDirectory(t);
  const file = join(cwd, 'users');
  await writeFile(file, 'alice:hunter2\nbob\n');
  const { code, stderr } = await runSallyport(['user', 'add', 'users', 'carol'], { cwd, input: 'x\n' });
  assert.equal(code, 1);
  assert.ok(stderr.includes(`${file}:1:7: the user alice has no hash; perhaps the password itself`), stderr);
  assert.ok(stderr.includes(`${file}:2:1: a line without a colon`), stderr);
  assert.ok(!stderr.includes('hunter2'));
  assert.equal(await readFile(file, 'utf8'), 'alice:hunter2\nbob\n');
});

test('two changes at once do not lose one another', async (t) => {
  const cwd = await temporaryDirectory(t);
  const names = ['a', 'b', 'c', 'd'];
  const results = await Promise.all(
    names.map((name) => runSallyport(['user', 'add', 'users', name], { cwd, input: 'x\n' })),
  );
  const text = await readFile(join(cwd, 'users'), 'utf8');
  for (const [index, { code, stderr }] of results.entries()) {
    if (code === 0) assert.match(text, new RegExp(`^${names[index]}:`, 'm'));
    else assert.match(stderr, /somebody else is changing/);
  }
  assert.ok(results.some(({ code }) => code === 0));
});

test('on a terminal the password is asked for twice and not shown', needs('script'), async (t) => {
  const cwd = await temporaryDirectory(t);
  const entry = join(import.meta.dirname, '../../src/cli/main.ts');
  const command = `${process.execPath} ${entry} user add users alice`;
  const run = (input: string) => runProcess('script', ['-qefc', `stty -echo; ${command}`, '/dev/null'], { cwd, input });
  const differing = await run('one\ntwo\n');
  assert.match(differing.stdout, /Password for alice: [\s\S]*The same again: [\s\S]*the two passwords differ/);
  assert.equal((await run('hunter2\nhunter2\n')).code, 0);
  const verified = await runSallyport(['user', 'verify', 'users', 'alice'], { cwd, input: 'hunter2' });
  assert.equal(verified.code, 0);
});
