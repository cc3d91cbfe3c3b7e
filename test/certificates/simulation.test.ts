import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runLifecycle } from '../../bench/simulation/lifecycle-policy.ts';
import { runNaive } from '../../bench/simulation/naive-policy.ts';
import { createWorld } from '../../bench/simulation/world.ts';
import { day } from '../support/fake-issuer.ts';

test('a year with a CA that is down a third of the time: nothing lapses and few orders are wasted, unlike a cron job', async () => {
  const world = createWorld({
    certificates: 150,
    years: 1,
    lifetimes: [90, 45, 6],
    firstDownShare: 0.3,
    secondDownShare: 0.05,
    longestOutage: 3 * day,
    seed: 7,
  });
  const ours = await runLifecycle(world, 7);
  const sum = (pick: (one: (typeof ours)[number]) => number): number =>
    ours.reduce((total, one) => total + pick(one), 0);
  assert.equal(
    sum((one) => one.expiries),
    0,
  );
  assert.ok(Math.abs(sum((one) => one.orders) / sum((one) => one.minimum) - 1) <= 0.03);
  const naive = runNaive(world, 7);
  assert.ok(naive.some((one) => one.expiries > 0));
});
