import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemDisk } from '../../src/control/certificates/vault/disk.ts';
import { acquireLock } from '../../src/control/certificates/vault/lock.ts';
import { thisProcess } from '../../src/control/certificates/vault/owner.ts';
import { scratchDirectory } from '../support/scratch.ts';

const program = join(import.meta.dirname, '../programs/hold-lock.ts');
const take = (path: string, wait = 0) => acquireLock({ path, purpose: 'serving', disk: systemDisk, wait });

/** Starts another process that takes the lock; gives what it said first. */
async function another(context: TestContext, path: string) {
  const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(() => child.kill('SIGKILL'));
  const [said] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { child, said: String(said).trim() };
}

test('a held lock names its owner; given back, it is free', async (context) => {
  const path = join(await scratchDirectory(context), 'state', 'lock');
  const lock = await take(path);
  const { said } = await another(context, path);
  assert.match(said, new RegExp(`in use by process ${process.pid} \\(serving, since 20`));
  await assert.rejects(take(path), { code: 'locked', cure: /Stop it first/ });
  await lock.release();
  assert.equal((await another(context, path)).said, 'held');
});

test('a lock whose process was killed is taken over', async (context) => {
  const directory = await scratchDirectory(context);
  const path = join(directory, 'lock');
  const { child } = await another(context, path);
  await assert.rejects(take(path), { code: 'locked' });
  child.kill('SIGKILL');
  await once(child, 'close');
  const lock = await take(path);
  assert.equal(JSON.parse(await readFile(path, 'utf8')).pid, process.pid);
  assert.deepEqual(await readdir(directory), ['lock']);
  await lock.release();
  assert.deepEqual(await readdir(directory), []);
});

test('of many that find a dead owner at once, one gets the lock', async (context) => {
  const path = join(await scratchDirectory(context), 'lock');
  for (let round = 0; round < 20; round++) {
    const dead = { ...(await thisProcess('gone')), startTicks: '1' };
    await writeFile(path, JSON.stringify(dead));
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => take(path)));
    const won = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    assert.equal(won.length, 1);
    for (const each of results) {
      if (each.status === 'rejected') assert.equal(each.reason.code, 'locked', String(each.reason));
    }
    await won[0]!.release();
  }
});

test('an owner that died while taking over has an heir too', async (context) => {
  const directory = await scratchDirectory(context);
  const path = join(directory, 'lock');
  const dead = { ...(await thisProcess('gone')), startTicks: '1' };
  const heir = { ...(await thisProcess('gone too')), startTicks: '1' };
  await writeFile(path, JSON.stringify(dead));
  await writeFile(`${path}.after-${dead.id}`, JSON.stringify(heir));
  const results = await Promise.allSettled([take(path), take(path), take(path)]);
  assert.equal(results.filter((each) => each.status === 'fulfilled').length, 1);
});

test('no clock takes a lock away: an owner that lives keeps it, however old the file', async (context) => {
  const path = join(await scratchDirectory(context), 'lock');
  await take(path);
  await utimes(path, 0, 0);
  await assert.rejects(take(path), { code: 'locked' });
});

test('a number that belongs to another process now, or to an earlier start of the machine, is a dead owner', async (context) => {
  const path = join(await scratchDirectory(context), 'lock');
  const self = await thisProcess('serving');
  for (const change of [{ startTicks: '1' }, { boot: '00000000-0000-0000-0000-000000000000' }, { pid: 2 ** 22 + 1 }]) {
    await writeFile(path, JSON.stringify({ ...self, ...change }));
    await (await take(path)).release();
  }
});

test('an owner on another machine is believed to live', async (context) => {
  const path = join(await scratchDirectory(context), 'lock');
  await writeFile(
    path,
    JSON.stringify({ ...(await thisProcess('serving')), host: `not-${hostname()}`, pid: 1, boot: null }),
  );
  await assert.rejects(take(path), { code: 'locked', message: /on not-/, cure: /remove .*lock/ });
});

test('a file that is no lock is left alone and named', async (context) => {
  const path = join(await scratchDirectory(context), 'lock');
  await writeFile(path, 'mine\n');
  await assert.rejects(take(path), { code: 'locked', message: /cannot be read/, cure: /remove the file/ });
  assert.equal(await readFile(path, 'utf8'), 'mine\n');
});

test('who waits gets it when it is given back', async (context) => {
  const path = join(await scratchDirectory(context), 'lock');
  const lock = await take(path);
  const waiting = take(path, 10_000);
  await lock.release();
  await (await waiting).release();
});
