import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { makeHash } from './make-hash.ts';
import { PasswordThread } from './password-thread.ts';

/** The nice value of each thread of this process, by the thread's name (proc_pid_stat(5), fields 2 and 19). */
function niceValues(): Map<string, number> {
  const values = new Map<string, number>();
  for (const id of readdirSync('/proc/self/task')) {
    const [, name = '', rest = ''] = /\((.*)\) (.*)/.exec(readFileSync(`/proc/self/task/${id}/stat`, 'utf8')) ?? [];
    values.set(name, Number(rest.split(' ')[16]));
  }
  return values;
}

test('the thread that hashes is nicer than all others of its process', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const before = niceValues();
  const thread = new PasswordThread();
  t.after(() => thread.stop());
  const hash = makeHash('secret', 'bcrypt');
  const matches = await new Promise<boolean>((resolve) => thread.check('secret', hash, resolve));
  assert.equal(matches, true);
  const after = niceValues();
  const [[, own] = []] = before;
  assert.equal(after.get('passwords'), Math.min(19, own! + 10));
  after.delete('passwords');
  for (const [name, value] of after) assert.equal(value, own, name);
});
