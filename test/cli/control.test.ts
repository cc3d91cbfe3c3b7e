import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { finish, scratch, start } from './command-line.ts';

test('status, reload and stop reach the running process by its configuration', async (t) => {
  const directory = scratch(t);
  const file = join(directory, 'sallyport.yaml');
  writeFileSync(file, 'a.test\n');
  const run = start(t, directory, ['run']);
  await run.printed(/^ready /m);

  const facts = await finish(directory, ['status', '--json']);
  assert.equal(facts.code, 0);
  const status: { pid: number; configFile: string; reloads: number } = JSON.parse(facts.stdout);
  assert.deepEqual([status.pid, status.configFile, status.reloads], [run.pid, file, 0]);

  writeFileSync(file, 'a.test\nb.test\nodd\n');
  const reload = await finish(directory, ['reload']);
  assert.deepEqual(reload, {
    code: 0,
    stdout: `reloaded ${file}: 2 sites\n`,
    stderr: `sallyport: warning: ${file}:3:1: "odd" is no site\n  cure: write a host name\n`,
  });
  const table = await finish(directory, ['status']);
  assert.match(table.stdout, /^reloads +1$/m);
  assert.match(table.stdout, /^b\.test +\/ +127\.0\.0\.1:8080 +internal/m);

  const stop = await finish(directory, ['stop']);
  assert.deepEqual(stop, { code: 0, stdout: `stopped (pid ${run.pid})\n`, stderr: '' });
  assert.equal((await run.ended).code, 0);
});

test('reload of an invalid file prints its errors, exits 2 and changes nothing', async (t) => {
  const directory = scratch(t);
  const file = join(directory, 'sallyport.yaml');
  const control = join(directory, 'state/control.sock');
  writeFileSync(file, 'a.test\n');
  const run = start(t, directory, ['run']);
  await run.printed(/^ready /m);
  writeFileSync(file, 'bad\nbad\n');
  const { code, stdout, stderr } = await finish(directory, ['reload', '--control', control]);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, new RegExp(`${file}:1:1: "bad"[\\s\\S]*${file}:2:1: "bad"`));
  const { stdout: after } = await finish(directory, ['status', '--control', control]);
  assert.match(after, /^a\.test /m);
  assert.match(after, /^reloads +0$/m);
});

test('an invalid file keeps nobody from stopping what runs', async (t) => {
  const directory = scratch(t);
  const file = join(directory, 'sallyport.yaml');
  const run = start(t, directory, ['up', '--control', 'its.sock', 'a.test', '8080']);
  await run.printed(/^ready /m);
  writeFileSync(file, 'control: its.sock\nbad:\n');
  const { code, stdout } = await finish(directory, ['stop']);
  assert.equal(code, 0);
  assert.equal(stdout, `stopped (pid ${run.pid})\n`);
});

test('a reload the gateway refuses is told with exit code 1', async (t) => {
  const directory = scratch(t);
  const file = join(directory, 'sallyport.yaml');
  writeFileSync(file, 'a.test\n');
  const run = start(t, directory, ['run']);
  await run.printed(/^ready /m);
  writeFileSync(file, '\n');
  const { code, stderr } = await finish(directory, ['reload']);
  assert.equal(code, 1);
  assert.equal(stderr, 'sallyport: nothing to serve; there are no sites\n');
});

test('what was started without a file has nothing to reload, and says so', async (t) => {
  const directory = scratch(t);
  const run = start(t, directory, ['up', '--https', '9443', 'a.test', 'www.a.test', '8080']);
  await run.printed(/^https:\/\/a\.test:9443\/$/m);
  await run.printed(/^https:\/\/www\.a\.test:9443\/$/m);
  await run.printed(/^ready https:\/\/\[::\]:9443 http:\/\/\[::\]:80$/m);
  const { code, stderr } = await finish(directory, ['reload']);
  assert.equal(code, 1);
  assert.match(stderr, /there is no file to reload/);
});

test('stop returns only when the process has drained and ended', async (t) => {
  const directory = scratch(t);
  const run = start(t, directory, ['up', 'a.test', '8080'], { FAKE_DRAIN: '300' });
  await run.printed(/^ready /m);
  const { code } = await finish(directory, ['stop']);
  assert.equal(code, 0);
  assert.throws(() => process.kill(run.pid, 0), { code: 'ESRCH' });
});

for (const verb of ['status', 'reload', 'stop']) {
  test(`${verb} says that nothing is running there`, async (t) => {
    const { code, stdout, stderr } = await finish(scratch(t), [verb, '--control', 'none.sock']);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^sallyport: nothing is running there; .*none\.sock\n {2}cure: start it with `sallyport run`/);
  });
}

test('a second run names the first one and its ports, and leaves it alone', async (t) => {
  const directory = scratch(t);
  const first = start(t, directory, ['up', 'a.test', '8080']);
  await first.printed(/^ready /m);
  const { code, stderr } = await finish(directory, ['up', 'a.test', '8080']);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`running already \\(pid ${first.pid}\\) and has ports 443 and 80;`));
  assert.equal((await finish(directory, ['status'])).code, 0);
});

test('a socket left behind by a killed process is replaced', async (t) => {
  const directory = scratch(t);
  const control = join(directory, 'state/control.sock');
  const first = start(t, directory, ['up', 'a.test', '8080']);
  await first.printed(/^ready /m);
  first.child.kill('SIGKILL');
  await first.ended;
  assert.ok(statSync(control).isSocket());
  const second = start(t, directory, ['up', 'a.test', '8080']);
  await second.printed(/^ready /m);
  const { stdout } = await finish(directory, ['status', '--json']);
  assert.equal(JSON.parse(stdout).pid, second.pid);
});
