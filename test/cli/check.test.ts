import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { finish, scratch } from './command-line.ts';

test('check says that a file is valid and what it serves', async (t) => {
  const directory = scratch(t);
  const file = join(directory, 'sallyport.yaml');
  writeFileSync(file, 'a.test\nodd\nb.test\n');
  const { code, stdout, stderr } = await finish(directory, ['check', '--offline']);
  assert.equal(code, 0);
  assert.equal(stdout, `${file} is valid: 2 sites (a.test, b.test), 1 warning\n`);
  assert.equal(stderr, `sallyport: warning: ${file}:2:1: "odd" is no site\n  cure: write a host name\n`);
});

test('check prints every error with its place and exits 2', async (t) => {
  const directory = scratch(t);
  const file = join(directory, 'my.yaml');
  writeFileSync(file, 'bad\na.test\nbad\n');
  const { code, stdout, stderr } = await finish(directory, ['check', '--offline', '-c', 'my.yaml']);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  const form = (line: number): string => `sallyport: ${file}:${line}:1: "bad" is no site\n  cure: write a host name\n`;
  assert.equal(stderr, form(1) + form(3));
});

test('check --json gives the same verdicts as data', async (t) => {
  const directory = scratch(t);
  const file = join(directory, 'sallyport.yaml');
  writeFileSync(file, 'a.test\n');
  const good = await finish(directory, ['check', '--json']);
  assert.equal(good.code, 0);
  assert.deepEqual(JSON.parse(good.stdout), { file, valid: true, sites: ['a.test'], warnings: [] });

  writeFileSync(file, 'a.test\nbad\n');
  const bad = await finish(directory, ['check', '--json']);
  assert.equal(bad.code, 2);
  assert.deepEqual(JSON.parse(bad.stdout), {
    file,
    valid: false,
    errors: [
      {
        code: 'bad-site',
        message: '"bad" is no site',
        at: { file, line: 2, column: 1 },
        cure: 'write a host name',
        exitCode: 2,
      },
    ],
  });
});

test('a defect is told in one line, its stack only on request', async (t) => {
  const directory = scratch(t);
  writeFileSync(join(directory, 'sallyport.yaml'), 'crash\n');
  const plain = await finish(directory, ['check']);
  assert.equal(plain.code, 1);
  assert.match(
    plain.stderr,
    /^sallyport: internal error; undefined is not a configuration\n {2}cure: .*SALLYPORT_DEBUG=1/,
  );
  assert.doesNotMatch(plain.stderr, /\.ts:\d+/);
  const debug = await finish(directory, ['check'], { SALLYPORT_DEBUG: '1' });
  assert.match(debug.stderr, /TypeError: undefined is not a configuration\n.*fake-parts\.ts:\d+/);
});
