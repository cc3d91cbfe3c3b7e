import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { runProcess } from '../support/process.ts';

test('mixed traffic with churn leaves nothing behind, in a short run of the soak', async () => {
  const soak = resolve(import.meta.dirname, '../../bench/soak.ts');
  const { code, stdout, stderr } = await runProcess(process.execPath, [soak, '--minutes', '0.1']);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^\d+ requests, \d+ connections, \d+ deeds of other clients$/m);
});
