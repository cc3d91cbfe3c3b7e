import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, FakeIssuer, hour, minute, outage } from '../../../../test/support/fake-issuer.ts';
import { LifecycleHarness, site, testStart } from '../../../../test/support/lifecycle-harness.ts';
import { SteppedClock } from '../../../../test/support/stepped-clock.ts';
import { MemoryStore } from './memory-store.ts';

test('a clock that leaps forward (a laptop waking up) is noticed within minutes', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  const harness = new LifecycleHarness(clock, [ca]);
  await harness.lifecycle.start([site]);
  await clock.advance(minute);
  clock.jump(70 * day);
  await clock.advance(11 * minute);
  assert.equal(ca.orders, 2);
  assert.ok((harness.status.daysLeft ?? 0) >= 89);
});

test('a clock set back does not stretch a waiting time', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  const harness = new LifecycleHarness(clock, [ca]);
  ca.trouble = () => outage();
  await harness.lifecycle.start([site]);
  await clock.advance(5 * hour);
  clock.jump(-365 * day);
  ca.trouble = () => null;
  await clock.advance(day + hour);
  assert.equal(harness.status.state, 'valid');
});

test('a clock set back while a certificate is in use orders nothing and breaks nothing', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  const harness = new LifecycleHarness(clock, [ca]);
  await harness.lifecycle.start([site]);
  await clock.advance(day);
  clock.jump(-400 * day);
  await clock.advance(3 * day);
  assert.equal(ca.orders, 1);
  clock.jump(400 * day);
  await clock.advance(58 * day);
  assert.equal(ca.orders, 2);
});

test('a restart with a clock behind the last run does not wait for the future', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  const store = new MemoryStore();
  const first = new LifecycleHarness(clock, [ca], store);
  ca.trouble = () => outage();
  await first.lifecycle.start([site]);
  await clock.advance(5 * hour);
  await first.lifecycle.stop();
  clock.jump(-100 * day);
  ca.trouble = () => null;
  const second = new LifecycleHarness(clock, [ca], store);
  await second.lifecycle.start([site]);
  await clock.advance(day + hour);
  assert.equal(second.status.state, 'valid');
});
