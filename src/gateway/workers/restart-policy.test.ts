import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestartPolicy } from './restart-policy.ts';

test('a worker that dies now and then is replaced at once, always', () => {
  const policy = new RestartPolicy();
  for (let hour = 0; hour < 100; hour++) assert.equal(policy.died(hour * 3_600_000), 0);
});

test('one that keeps dying is waited with, longer each time, half a minute at most', () => {
  const policy = new RestartPolicy();
  const delays: number[] = [];
  let now = 0;
  for (let death = 0; death < 12; death++) {
    const delay = policy.died(now);
    delays.push(delay);
    now += delay;
  }
  assert.deepEqual(delays.slice(0, 8), [0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000]);
  assert.ok(
    delays.slice(8).every((delay) => delay <= 30_000 && delay >= 1_000),
    String(delays),
  );
});

test('after a quiet minute it is replaced at once again', () => {
  const policy = new RestartPolicy();
  for (let death = 0; death < 6; death++) policy.died(death);
  assert.equal(policy.died(100_000), 0);
});
