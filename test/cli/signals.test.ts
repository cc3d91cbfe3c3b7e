import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { type Running, scratch, start } from './command-line.ts';

async function running(t: TestContext, env: NodeJS.ProcessEnv = {}): Promise<{ run: Running; file: string }> {
  const directory = scratch(t);
  const file = join(directory, 'sallyport.yaml');
  writeFileSync(file, 'a.test\n');
  const run = start(t, directory, ['run'], env);
  await run.printed(/^ready /m);
  return { run, file };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} drains and exits 0`, async (t) => {
    const { run, file } = await running(t, { FAKE_DRAIN: '50' });
    run.child.kill(signal);
    const { code, stdout, stderr } = await run.ended;
    assert.equal(code, 0);
    assert.equal(stdout, 'ready https://[::]:443 http://[::]:80\n');
    assert.match(stderr, /fake: draining/);
    assert.doesNotMatch(stderr, /fake: killed/);
    assert.ok(!existsSync(join(file, '../state/control.sock')));
  });
}

test('a second signal ends a long drain at once, exit 1', async (t) => {
  const { run } = await running(t, { FAKE_DRAIN: 'Infinity' });
  run.child.kill('SIGTERM');
  await run.printed(/fake: draining/);
  run.child.kill('SIGINT');
  const { code, stderr } = await run.ended;
  assert.equal(code, 1);
  assert.match(stderr, /fake: killed/);
});

test('SIGHUP takes up the changed file; an invalid one is logged and changes nothing', async (t) => {
  const { run, file } = await running(t);
  writeFileSync(file, 'a.test\nb.test\n');
  run.child.kill('SIGHUP');
  await run.printed(/log info: reloaded/);
  writeFileSync(file, 'a.test\nbad\n');
  run.child.kill('SIGHUP');
  await run.printed(/log error: reload failed, nothing has changed/);
  await run.printed(new RegExp(`log error: ${file}:2:1: "bad" is no site`));
  run.child.kill('SIGTERM');
  assert.equal((await run.ended).code, 0);
});

test('SIGUSR1 reopens the logs and opens no debugger', async (t) => {
  const { run } = await running(t);
  run.child.kill('SIGUSR1');
  await run.printed(/fake: logs reopened/);
  run.child.kill('SIGTERM');
  const { code, stderr } = await run.ended;
  assert.equal(code, 0);
  assert.doesNotMatch(stderr, /Debugger listening/);
});

test('an uncaught exception is logged, drains and exits 1', async (t) => {
  const { run } = await running(t, { FAKE_THROW: '1' });
  const { code, stderr } = await run.ended;
  assert.equal(code, 1);
  assert.match(stderr, /log error: internal error, stopping: a bug\n[\s\S]*fake: draining/);
});

test('a hang-up ends what was started without a file', async (t) => {
  const run = start(t, scratch(t), ['up', 'a.test', '8080']);
  await run.printed(/^ready /m);
  run.child.kill('SIGHUP');
  assert.equal((await run.ended).code, 0);
});

test('a start that fails says why, exits 1 and leaves no control socket', async (t) => {
  const directory = scratch(t);
  writeFileSync(join(directory, 'sallyport.yaml'), 'a.test\n');
  const { code, stdout, stderr } = await start(t, directory, ['run'], { FAKE_START: 'fails' }).ended;
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.equal(stderr, 'sallyport: port 443 is in use by nginx (pid 1)\n  cure: stop it\n');
  assert.ok(!existsSync(join(directory, 'state/control.sock')));
});
