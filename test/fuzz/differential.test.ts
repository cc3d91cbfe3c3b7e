import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printDifferential } from '../../fuzz/differential/report.ts';
import { runDifferential } from '../../fuzz/differential/run.ts';
import { needs } from '../support/parts.ts';

test(
  'nginx, HAProxy and Sallyport cut no request into different messages that all let through',
  needs('nginx', 'haproxy'),
  async (t) => {
    const report = await runDifferential(t, { milliseconds: 12_000, inputs: 4000, seed: Date.now() % 2 ** 31 });
    assert.deepEqual(
      report.classes.filter(({ explanation }) => explanation === ''),
      [],
      printDifferential(report),
    );
    for (const [proxy, { requests }] of Object.entries(report.passed))
      assert.ok(requests > 20, `${proxy}: ${requests} requests`);
    t.diagnostic(printDifferential(report));
  },
);
