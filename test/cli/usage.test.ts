import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { temporaryDirectory } from '../support/scope.ts';
import { finish, start } from './command-line.ts';

const verbs = [
  'demo',
  'up',
  'run',
  'check',
  'reload',
  'status',
  'stop',
  'ca',
  'ca root',
  'service',
  'audit',
  'import',
  'import nginx',
  'init',
  'app list',
  'cert list',
  'service install',
  'user add',
];

for (const verb of verbs) {
  test(`${verb} --help tells what it does and gives an example`, async (t) => {
    const { code, stdout, stderr } = await finish(await temporaryDirectory(t), [...verb.split(' '), '--help']);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^Usage: sallyport ${verb} `));
    assert.match(stdout, new RegExp(`Examples?:\n  sallyport ${verb}`));
    assert.equal(stderr, '');
  });
}

test('--help lists every verb and the exit codes', async (t) => {
  const { code, stdout } = await finish(await temporaryDirectory(t), ['--help']);
  assert.equal(code, 0);
  for (const verb of verbs) assert.match(stdout, new RegExp(`^  ${verb}\\b`, 'm'));
  assert.match(stdout, /0 done, 1 failed, 2 wrong usage/);
});

test('--version prints the version of the package', async (t) => {
  const { code, stdout } = await finish(await temporaryDirectory(t), ['--version']);
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  assert.equal(code, 0);
  assert.ok(manifest.includes(`"version": "${stdout.trim()}"`));
});

test('a mistyped verb is wrong usage, with the one meant', async (t) => {
  const { code, stdout, stderr } = await finish(await temporaryDirectory(t), ['statsu']);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.equal(stderr, "sallyport: unknown command 'statsu'\n  cure: Did you mean status? See `sallyport --help`.\n");
});

test('a mistyped option is wrong usage, with the one meant', async (t) => {
  const { code, stderr } = await finish(await temporaryDirectory(t), ['run', '--confg', 'x']);
  assert.equal(code, 2);
  assert.equal(
    stderr,
    "sallyport: unknown option '--confg'\n  cure: Did you mean --config? See `sallyport run --help`.\n",
  );
});

test('a port that is none is wrong usage, with the wanted form', async (t) => {
  const { code, stderr } = await finish(await temporaryDirectory(t), ['up', '--https', '84430', 'a.test', '8080']);
  assert.equal(code, 2);
  assert.match(stderr, /84430.*Wanted: a port \(0 to 65535\)/);
});

test('up without a target is wrong usage', async (t) => {
  const { code, stderr } = await finish(await temporaryDirectory(t), ['up', 'a.test']);
  assert.equal(code, 2);
  assert.match(stderr, /wanted are a host name and the app's target/);
});

test('no configuration anywhere is wrong usage, with the way out', async (t) => {
  const { code, stderr } = await finish(await temporaryDirectory(t), ['run']);
  assert.equal(code, 2);
  assert.match(stderr, /no configuration found/);
  assert.match(stderr, /cure: Name one with -c FILE/);
});

test('as a process: output, error output and exit code are kept apart, without colours in a pipe', async (t) => {
  const help = await start(t, await temporaryDirectory(t), ['--help']).ended;
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^Usage: sallyport VERB/);
  const wrong = await start(t, await temporaryDirectory(t), ['statsu'], { FORCE_COLOR: '1' }).ended;
  assert.equal(wrong.code, 2);
  assert.equal(wrong.stdout, '');
  assert.match(wrong.stderr, /^sallyport: unknown command/);
});
