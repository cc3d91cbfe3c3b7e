import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, FakeIssuer, outage } from '../../../../test/support/fake-issuer.ts';
import { LifecycleHarness, site, testStart } from '../../../../test/support/lifecycle-harness.ts';
import { SteppedClock } from '../../../../test/support/stepped-clock.ts';

test('alarms: obtained, renewed, failing after the quiet attempts, expiring while there is still time', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  const harness = new LifecycleHarness(clock, [ca]);
  const kinds = (): string[] => [...new Set(harness.events.map((one) => one.event))];
  await harness.lifecycle.start([site]);
  await clock.advance(62 * day);
  assert.deepEqual(kinds(), ['obtained', 'renewed']);
  harness.events.length = 0;
  ca.trouble = () => outage();
  await clock.advance(80 * day);
  assert.deepEqual(kinds(), ['failing', 'expiring']);
  const expiring = harness.events.find((one) => one.event === 'expiring')!;
  assert.ok(expiring.generation!.notAfter - expiring.at > 10 * day);
  assert.equal(expiring.error?.message, 'connection refused');
  assert.ok(harness.events.length < 60, 'each at most daily');
});
