import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { runProcess, startProcess } from '../support/process.ts';

const main = resolve(import.meta.dirname, '../../bench/main.ts');
const short = ['--rounds', '1', '--seconds', '1'];

test('the bench prints a figure for every peer', needs('nginx', 'haproxy', 'wrk', 'h2load'), async () => {
  const args = [main, '--peers', 'nginx,haproxy', '--only', 'h1-102,handshake,h2-102-16x16', ...short];
  const { code, stdout, stderr } = await runProcess(process.execPath, args, { milliseconds: 60_000 });
  assert.equal(code, 0, stdout + stderr);
  for (const workload of ['h1-102', 'handshake', 'h2-102-16x16']) {
    const table = stdout.split('\n\n').find((part) => part.startsWith(`${workload}:`)) ?? '';
    assert.match(table, /^ {2}nginx +[\d. ]+ +\d+ % +0 % +1\.00 +\d+\.\d\d /m);
    assert.match(table, /^ {2}haproxy +[\d. ]+ +\d+ % +0 % +\d+\.\d\d +1\.00 /m);
  }
});

/** Command lines of running processes that mention `text`. */
async function commandLinesWith(text: string): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const lines = await Promise.all(processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(text));
}

test('an interrupted bench stops its servers', needs('nginx', 'wrk'), async (t) => {
  const args = [main, '--peers', 'nginx', '--only', 'h1-102', '--rounds', '9'];
  const program = startProcess(process.execPath, args);
  t.after(async () => void (await program.stop()));
  const [, directory = ''] = await program.printed(/working in (\S+)/);
  await program.printed(/h1-102: warming up, nginx/);
  program.signal('SIGINT');
  assert.equal((await program.exited).code, 130);
  assert.deepEqual(await commandLinesWith(directory), []);
  assert.ok(!existsSync(directory), `${directory} is left over`);
});

test('a workload that does not exist is refused with the names of those that do', async () => {
  const { code, stderr } = await runProcess(process.execPath, [main, '--only', 'h3']);
  assert.equal(code, 1);
  assert.match(stderr, /'h3' is none of: h1-102, /);
});
