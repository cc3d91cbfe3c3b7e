import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryBudget } from './retry-budget.ts';

/** How many retries are granted of `count` asked for. */
function granted(budget: RetryBudget, count: number, now: number): number {
  let taken = 0;
  for (let i = 0; i < count; i++) if (budget.take(now)) taken++;
  return taken;
}

test('a fifth of the requests may be sent again, and some each second', () => {
  const budget = new RetryBudget();
  assert.equal(granted(budget, 100, 0), 5);
  for (let i = 0; i < 50; i++) budget.count();
  assert.equal(granted(budget, 100, 0), 10);
  assert.equal(granted(budget, 100, 2_000), 10);
});

test('what was not used is not saved up for ever', () => {
  const budget = new RetryBudget();
  for (let i = 0; i < 10_000; i++) budget.count();
  assert.equal(granted(budget, 1_000, 3_600_000), 100);
});
