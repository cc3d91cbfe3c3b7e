import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { choicesOfOptions, type InitOptions } from '../../src/cli/init/options.ts';
import { UserError } from '../../src/model/errors.ts';
import { runSallyport } from '../support/sallyport.ts';
import { temporaryDirectory } from '../support/scope.ts';

test('init with options writes a file that is valid, and says what comes next', async (t) => {
  const cwd = await temporaryDirectory(t);
  const words = '--host anki.example.net www.anki.example.net --to 27701 --path /sync /msync --email me@example.net';
  const { code, stdout, stderr } = await runSallyport(['init', ...words.split(' '), '--yes'], { cwd });
  assert.equal(code, 0, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /wrote .*sallyport\.yaml\nNext:\n {2}sallyport check\n {2}sudo sallyport run/);
  const text = await readFile(join(cwd, 'sallyport.yaml'), 'utf8');
  assert.match(text, /# Certificate from Let's Encrypt, .*\n {2}anki\.example\.net:/);
  assert.deepEqual(parse(text), {
    acme: { email: 'me@example.net' },
    sites: {
      'anki.example.net': { aliases: ['www.anki.example.net'], routes: { '/sync': 27701, '/msync': 27701 } },
    },
  });
  assert.deepEqual(await readdir(cwd), ['sallyport.yaml']);
});

test('init with a user makes the file of users, for its owner alone', async (t) => {
  const cwd = await temporaryDirectory(t);
  const words = ['init', '--host', 'kms.internal', '--to', '5001', '--user', 'alice', '--yes', '--json'];
  const made = await runSallyport(words, { cwd, input: 's3cret\n' });
  assert.equal(made.code, 0, made.stderr);
  assert.deepEqual(JSON.parse(made.stdout), {
    file: join(cwd, 'sallyport.yaml'),
    sites: ['kms.internal'],
    users: join(cwd, 'users.htpasswd'),
  });
  assert.equal((await stat(join(cwd, 'users.htpasswd'))).mode & 0o777, 0o600);
  assert.equal((await runSallyport(['user', 'verify', 'users.htpasswd', 'alice'], { cwd, input: 's3cret' })).code, 0);
  assert.deepEqual(parse(await readFile(join(cwd, 'sallyport.yaml'), 'utf8')), {
    sites: { 'kms.internal': { to: 5001, auth: { basic: 'users.htpasswd' } } },
  });
});

test('init replaces no file unless it is told to', async (t) => {
  const cwd = await temporaryDirectory(t);
  const file = join(cwd, 'sallyport.yaml');
  await writeFile(file, '# mine\n');
  const words = ['init', '--host', 'a.internal', '--to', '8080', '--yes'];
  const refused = await runSallyport(words, { cwd });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /sallyport\.yaml is there already; it was left as it is\n {2}cure: .*--force/);
  assert.equal(await readFile(file, 'utf8'), '# mine\n');
  assert.equal((await runSallyport([...words, '--force'], { cwd })).code, 0);
  assert.match(await readFile(file, 'utf8'), /a\.internal:\n {4}to: 8080/);
  const shown = await runSallyport([...words, '--out', '-'], { cwd });
  assert.equal(shown.stdout, await readFile(file, 'utf8'));
});

test('init without a terminal asks nothing: it says what is missing, and leaves nothing behind', async (t) => {
  const cwd = await temporaryDirectory(t);
  const bare = await runSallyport(['init'], { cwd, input: '' });
  assert.equal(bare.code, 2);
  assert.match(bare.stderr, /no terminal to ask questions in[\s\S]*--host app\.example\.org --to 8080 --yes/);
  const unsure = await runSallyport(['init', '--host', 'a.internal', '--to', '1'], { cwd, input: '' });
  assert.equal(unsure.code, 2);
  assert.match(unsure.stderr, /no terminal to ask in whether this shall be written\n {2}cure: Add --yes/);
  const words = ['init', '--host', 'a.internal', '--wsgi', 'a:b', '--app-user', 'nobody-here-7', '--yes'];
  const foreign = await runSallyport([...words, '--user', 'alice'], { cwd, input: 'x\n' });
  assert.equal(foreign.code, 2, foreign.stderr);
  assert.match(foreign.stderr, /nobody-here-7/);
  assert.deepEqual(await readdir(cwd), []);
});

test('each wrong option is told with the form that would be right', async () => {
  const wrong: readonly [InitOptions, RegExp][] = [
    [{ host: ['a..b'], to: '1' }, /^--host: a\.\.b: not a host name; wanted/],
    [{ host: ['a.internal,a.example.org'], to: '1' }, /make two sites of them/],
    [{ host: ['a.internal', 'A.internal.'], to: '1' }, /A\.internal\.: it is there already/],
    [{ host: ['a.internal'], to: '99999' }, /^--to: 99999: not a port/],
    [{ host: ['a.internal'], to: '1', path: ['sync'] }, /^--path: sync: .*did you mean \/sync\?/],
    [{ host: ['a.internal'], to: '1', email: 'me' }, /^--email: not an address/],
    [{ host: ['a.internal'] }, /one is wanted, none of them is there/],
    [{ host: ['a.internal'], to: '1', wsgi: 'a.wsgi' }, /--to and --wsgi are there/],
    [{ host: ['a.internal'], to: '1', appUser: 'me' }, /^--app-user: only for an app/],
    [{ host: ['a.internal'], run: 'node a.js', path: ['/a', '/b'] }, /^--path: an app that Sallyport runs/],
  ];
  for (const [options, told] of wrong) {
    await assert.rejects(choicesOfOptions('/nowhere/sallyport.yaml', options), (error: unknown) => {
      assert.ok(error instanceof UserError && error.exitCode === 2);
      assert.match(error.message, told);
      return true;
    });
  }
});
