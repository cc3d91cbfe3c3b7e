import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TargetHealth } from './target-health.ts';

const rules = { failures: 3, window: 1_000, out: 5_000, slowStart: 1_000 };

test('failures within the window take a target out for a while; more of them meanwhile change nothing', () => {
  const health = new TargetHealth(rules);
  for (const now of [100, 200]) health.failed('refused', now);
  assert.equal(health.share(300), 1);
  health.failed('refused', 300);
  assert.equal(health.share(300), 0);
  health.failed('refused', 4_000);
  assert.equal(health.share(5_299), 0);
  assert.ok(health.share(5_300) > 0);
  assert.deepEqual([health.failures, health.lastError], [4, 'refused']);
});

test('failures that are far apart take nobody out', () => {
  const health = new TargetHealth(rules);
  for (let now = 0; now < 20_000; now += 600) health.failed('refused', now);
  assert.equal(health.share(20_000), 1);
});

test('the share of a target that returns grows from a tenth to the whole', () => {
  const health = new TargetHealth({ ...rules, failures: 1 });
  health.failed('refused', 100);
  assert.deepEqual(
    [5_100, 5_600, 6_099].map((now) => Number(health.share(now).toFixed(2))),
    [0.1, 0.55, 1],
  );
  assert.equal(health.share(6_100), 1);
  assert.equal(health.returnsAt, 0);
});

test('one failure takes a target out again that is returning', () => {
  const health = new TargetHealth(rules);
  for (let i = 0; i < 3; i++) health.failed('refused', 100);
  health.failed('refused again', 5_500);
  assert.equal(health.share(5_500), 0);
  assert.equal(health.share(10_499), 0);
});

test('a target that is judged by nothing stays, and its failures are counted', () => {
  const health = new TargetHealth({ ...rules, failures: 0 });
  for (let i = 0; i < 10; i++) health.failed('refused', 100);
  assert.deepEqual([health.share(100), health.failures], [1, 10]);
});
