import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { UserError } from '../../src/model/errors.ts';
import { AccessRecord } from '../../src/traffic/record/access-record.ts';
import { openLogs } from '../../src/traffic/record/logs.ts';

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function recordFor(target: string): AccessRecord {
  return Object.assign(new AccessRecord(), { time: Date.now(), method: 'GET', target, status: 200 });
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

test('rotation: lines before reopen are in the moved file, lines after in a new one, none is lost', async (t) => {
  const folder = folderFor(t);
  const access = join(folder, 'access.log');
  const errors = join(folder, 'error.log');
  const logs = openLogs({ access, errors, format: 'combined' });
  logs.access.record(recordFor('/before'));
  logs.errors.warn('before');
  renameSync(access, `${access}.1`);
  renameSync(errors, `${errors}.1`);
  logs.access.record(recordFor('/between'));
  await logs.reopen();
  logs.access.record(recordFor('/after'));
  logs.errors.warn('after');
  await logs.close();
  assert.deepEqual(
    linesOf(`${access}.1`).map((line) => line.split(' ')[6]),
    ['/before', '/between'],
  );
  assert.deepEqual(
    linesOf(access).map((line) => line.split(' ')[6]),
    ['/after'],
  );
  assert.match(readFileSync(`${errors}.1`, 'utf8'), /warn before\n$/);
  assert.match(readFileSync(errors, 'utf8'), /^\S+ warn after\n$/);
});

test('log files are not for everyone to read', async (t) => {
  const folder = folderFor(t);
  const access = join(folder, 'access.log');
  await openLogs({ access, errors: 'off', format: 'json' }).close();
  assert.equal(statSync(access).mode & 0o137, 0);
});

test('a file that cannot be opened is a UserError, and a change to it changes nothing', async (t) => {
  const folder = folderFor(t);
  const access = join(folder, 'access.log');
  const logs = openLogs({ access, errors: 'off', format: 'combined' });
  const notThere = { access: join(folder, 'none', 'access.log'), errors: 'off', format: 'json' } as const;
  await assert.rejects(
    logs.change(notThere),
    (error) => error instanceof UserError && error.code === 'log-not-writable',
  );
  logs.access.record(recordFor('/still'));
  await logs.close();
  assert.match(readFileSync(access, 'utf8'), /"GET \/still HTTP\/1\.1"/);
});

test('a full disk costs lines, one warning and nothing else', async (t) => {
  const errors = join(folderFor(t), 'error.log');
  const logs = openLogs({ access: '/dev/full', errors, format: 'combined' });
  for (let batch = 0; batch < 3; batch++) {
    for (let line = 0; line < 1000; line++) logs.access.record(recordFor('/lost'));
    await logs.reopen();
  }
  await logs.close();
  assert.equal(logs.access.dropped, 3000);
  const [warning, ...others] = linesOf(errors);
  assert.match(warning ?? '', /warn access log cannot be written, lines are being dropped reason="ENOSPC/);
  assert.deepEqual(others, []);
});

const logsModule = resolve(import.meta.dirname, '../../src/traffic/record/logs.ts');
const recordModule = resolve(import.meta.dirname, '../../src/traffic/record/access-record.ts');

/** A process that logs `count` requests to `access`, one batch a turn, then runs `last`. */
function loggingProgram(access: string, count: number, last: string): string {
  return `
    const { openLogs } = await import(${JSON.stringify(logsModule)});
    const { AccessRecord } = await import(${JSON.stringify(recordModule)});
    const logs = openLogs({ access: ${JSON.stringify(access)}, errors: 'off', format: 'combined' });
    const record = Object.assign(new AccessRecord(), { method: 'GET', target: '/' + 'x'.repeat(1000), status: 200 });
    for (let i = 0; i < ${count}; i++) {
      logs.access.record(record);
      if (i % 100 === 0) await new Promise((done) => setImmediate(done));
    }
    ${last}`;
}

test('lines that wait are written when the process ends', (t) => {
  const access = join(folderFor(t), 'access.log');
  spawnSync(process.execPath, ['--input-type=module', '-e', loggingProgram(access, 5, 'process.exit(0)')]);
  assert.equal(linesOf(access).length, 5);
});

test('a pipe that nobody reads holds nothing up and does not fill the memory', async () => {
  const last =
    'process.stderr.write(JSON.stringify({ dropped: logs.access.dropped, rss: process.memoryUsage().rss }), () => process.exit(0));';
  const child = spawn(process.execPath, ['--input-type=module', '-e', loggingProgram('stdout', 100_000, last)]);
  let told = '';
  child.stderr.on('data', (text: Buffer) => {
    told += text.toString();
  });
  const [code]: unknown[] = await once(child, 'exit');
  const { dropped, rss }: { dropped: number; rss: number } = JSON.parse(told);
  assert.equal(code, 0);
  assert.ok(dropped > 90_000, `dropped ${dropped}`);
  assert.ok(rss < 150 * 2 ** 20, `rss ${rss}`);
});

test('a pipe whose reader has gone does not end the process', async () => {
  const last = 'await logs.reopen(); process.stderr.write(String(logs.access.dropped > 0), () => process.exit(0));';
  const child = spawn(process.execPath, ['--input-type=module', '-e', loggingProgram('stdout', 10_000, last)]);
  child.stdout.destroy();
  let told = '';
  child.stderr.on('data', (text: Buffer) => {
    told += text.toString();
  });
  const [code]: unknown[] = await once(child, 'exit');
  assert.equal(code, 0);
  assert.equal(told, 'true');
});
