import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, FakeIssuer, hour, minute, outage } from '../../../../test/support/fake-issuer.ts';
import { LifecycleHarness, site, testStart } from '../../../../test/support/lifecycle-harness.ts';
import { SteppedClock } from '../../../../test/support/stepped-clock.ts';
import { OrderFailure } from './failure.ts';

test('an outage of the only CA: status names it, since when, the next attempt, and the days left', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock, { name: 'letsencrypt' });
  const harness = new LifecycleHarness(clock, [ca]);
  await harness.lifecycle.start([site]);
  await clock.advance(minute);
  assert.equal(harness.status.state, 'valid');
  ca.trouble = () => outage('acme-v02.api.letsencrypt.org: no answer within 30 s');
  await clock.advance(64 * day);
  const { status } = harness;
  assert.equal(status.state, 'failing');
  assert.match(status.lastError?.message ?? '', /no answer within 30 s/);
  assert.ok(status.daysLeft !== null && status.daysLeft >= 25 && status.daysLeft <= 26);
  assert.ok(status.nextAttempt !== null && status.nextAttempt > clock.now());
  assert.ok(status.nextAttempt - clock.now() <= day);
  const [health] = harness.lifecycle.issuers();
  assert.equal(health?.downSince, status.failingSince);
  ca.trouble = () => null;
  await clock.advance(day);
  assert.equal(harness.status.state, 'valid');
  assert.equal(harness.lifecycle.issuers()[0]?.downSince, null);
  assert.equal(ca.orders, 2);
});

test('failures are minutes apart at first, then daily, and never further apart than an eighth of what is left', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock, { lifetime: 6 * day });
  const harness = new LifecycleHarness(clock, [ca]);
  await harness.lifecycle.start([site]);
  await clock.advance(hour);
  const end = harness.issued[0]!.generation.notAfter;
  const attempts: number[] = [];
  ca.trouble = (now) => {
    attempts.push(now);
    return outage();
  };
  await clock.advance(5.8 * day);
  for (const [index, at] of attempts.entries()) {
    const next = attempts[index + 1];
    if (next !== undefined) assert.ok(next - at <= Math.max((end - at) / 8, 5 * minute) + minute);
  }
  assert.ok(attempts.length > 15);
  const [first = 0, second = 0, third = 0] = attempts;
  assert.ok(second - first <= minute && third - second <= 10 * minute);
});

test('a second CA takes over after three failures; the first is asked again at the next renewal', async () => {
  const clock = new SteppedClock(testStart);
  const first = new FakeIssuer(clock, { name: 'first' });
  const second = new FakeIssuer(clock, { name: 'second' });
  const harness = new LifecycleHarness(clock, [first, second]);
  first.trouble = () => outage();
  await harness.lifecycle.start([site]);
  await clock.advance(20 * minute);
  assert.equal(first.refusals, 3);
  assert.equal(harness.status.issuer, 'second');
  first.trouble = () => null;
  await clock.advance(62 * day);
  assert.equal(harness.status.issuer, 'first');
  assert.equal(second.orders, 1);
  assert.equal(first.requests.at(-1)?.previous, null, 'a certificate of another CA cannot be replaced at this one');
});

test('a CA that asks for rest is left alone until then, but not past half of what is left', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  const harness = new LifecycleHarness(clock, [ca]);
  const limited = (retryAt: number) => new OrderFailure('rateLimited: too many', { kind: 'limited', retryAt });
  ca.trouble = (now) => (now < testStart + 2 * hour ? limited(testStart + 2 * hour) : null);
  await harness.lifecycle.start([site]);
  await clock.advance(2 * hour - 1);
  assert.equal(ca.refusals, 1);
  await clock.advance(hour);
  assert.equal(harness.status.state, 'valid');
  ca.trouble = (now) => (now < testStart + 80 * day ? limited(testStart + 365 * day) : null);
  await clock.advance(85 * day);
  assert.equal(harness.status.state, 'valid');
});

test('many certificates do not each hammer a CA that is down', async () => {
  const clock = new SteppedClock(testStart);
  const first = new FakeIssuer(clock, { name: 'first' });
  const second = new FakeIssuer(clock, { name: 'second' });
  const harness = new LifecycleHarness(clock, [first, second]);
  first.trouble = () => outage();
  const sites = Array.from({ length: 1000 }, (_, index) => ({
    name: `s${index}.example`,
    names: [`s${index}.example`],
  }));
  await harness.lifecycle.start(sites.slice(0, 2));
  await clock.advance(15 * minute);
  const before = first.refusals;
  await harness.lifecycle.update(sites);
  await clock.advance(3 * hour);
  assert.equal(harness.issued.length, 1000);
  assert.ok(first.refusals - before <= 10, `${first.refusals - before} attempts at a CA known to be down`);
});

test('an order that never ends is given up and its slot is free again', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock, { duration: 365 * day });
  const harness = new LifecycleHarness(clock, [ca], undefined, { concurrentOrders: 1 });
  await harness.lifecycle.start([site]);
  await clock.advance(16 * minute);
  assert.match(harness.status.lastError?.message ?? '', /longer than 15 min/);
  assert.ok(ca.requests[0]?.signal.aborted);
  assert.ok(ca.requests.length >= 1);
});
