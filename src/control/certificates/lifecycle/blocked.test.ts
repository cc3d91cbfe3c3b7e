import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, FakeIssuer, hour, minute } from '../../../../test/support/fake-issuer.ts';
import { LifecycleHarness, site, testStart } from '../../../../test/support/lifecycle-harness.ts';
import { SteppedClock } from '../../../../test/support/stepped-clock.ts';
import { OrderFailure } from './failure.ts';
import { MemoryStore } from './memory-store.ts';

const refused = (): OrderFailure =>
  new OrderFailure('caa: CAA record for a.example prevents issuance', {
    kind: 'configuration',
    cure: 'add a CAA record',
    problem: { type: 'urn:ietf:params:acme:error:caa', detail: 'CAA record prevents issuance', subproblems: [] },
  });

test('what only the user can heal is shouted at once and retried daily', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  const harness = new LifecycleHarness(clock, [ca]);
  ca.trouble = refused;
  await harness.lifecycle.start([site]);
  await clock.advance(minute);
  assert.equal(harness.status.state, 'blocked');
  assert.equal(harness.status.lastError?.problem?.type, 'urn:ietf:params:acme:error:caa');
  assert.equal(harness.status.lastError?.cure, 'add a CAA record');
  assert.deepEqual(
    harness.events.map((one) => one.event),
    ['failing'],
  );
  await clock.advance(3 * day);
  assert.ok(ca.refusals >= 3 && ca.refusals <= 4, `${ca.refusals} attempts in three days`);
  assert.ok(harness.events.length >= 3, 'the alarm is repeated daily');
});

test('another CA may be allowed what the first was not: it is asked within minutes', async () => {
  const clock = new SteppedClock(testStart);
  const first = new FakeIssuer(clock, { name: 'first' });
  const second = new FakeIssuer(clock, { name: 'second' });
  first.trouble = refused;
  const harness = new LifecycleHarness(clock, [first, second]);
  await harness.lifecycle.start([site]);
  await clock.advance(5 * minute);
  assert.equal(harness.status.issuer, 'second');
  assert.equal(first.refusals, 1);
});

test('the user can ask for an order at once, and hears how it ended', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  ca.trouble = refused;
  const harness = new LifecycleHarness(clock, [ca]);
  await harness.lifecycle.start([site]);
  await clock.advance(minute);
  const stillRefused = harness.lifecycle.renewNow(site.name);
  await clock.advance(minute);
  assert.match((await stillRefused)?.message ?? '', /caa/);
  ca.trouble = () => null;
  const granted = harness.lifecycle.renewNow(site.name);
  await clock.advance(minute);
  assert.equal(await granted, null);
  assert.equal(harness.lifecycle.renewNow('unknown.example'), undefined);
});

test('a kind of proof that failed is named, so that it is not tried first next time', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  const harness = new LifecycleHarness(clock, [ca]);
  ca.trouble = (_now, request) =>
    request.failedChallenges.includes('http-01')
      ? null
      : new OrderFailure('http-01: connection refused', { kind: 'challenge', challenge: 'http-01' });
  await harness.lifecycle.start([site]);
  await clock.advance(hour);
  assert.equal(harness.status.state, 'valid');
  assert.equal(ca.requests.length, 2);
});

test('the last duplicate a CA allows in a week is kept back until the user insists', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock, { duplicateLimit: { count: 5, period: 7 * day } });
  const harness = new LifecycleHarness(clock, [ca]);
  await harness.lifecycle.start([site]);
  await clock.advance(minute);
  const renew = async (force: boolean) => {
    const outcome = harness.lifecycle.renewNow(site.name, force);
    await clock.advance(minute);
    return outcome;
  };
  for (let count = 2; count <= 4; count++) assert.equal(await renew(false), null);
  assert.equal((await renew(false))?.kind, 'guard');
  assert.equal(ca.orders, 4);
  assert.equal(await renew(true), null);
  assert.equal(ca.orders, 5);
});

test('the first order of a name is rehearsed at the staging CA; its refusal spends no real order', async () => {
  const clock = new SteppedClock(testStart);
  let refusing = true;
  let rehearsals = 0;
  const rehearse = async (): Promise<void> => {
    rehearsals++;
    if (refusing) throw new OrderFailure('http-01: 404', { kind: 'challenge', challenge: 'http-01' });
  };
  const ca = new FakeIssuer(clock, { rehearse });
  const harness = new LifecycleHarness(clock, [ca]);
  await harness.lifecycle.start([site]);
  await clock.advance(hour / 2);
  assert.equal(ca.orders, 0);
  assert.equal(harness.status.state, 'failing');
  refusing = false;
  await clock.advance(2 * hour);
  assert.equal(ca.orders, 1);
  const before = rehearsals;
  await clock.advance(62 * day);
  assert.equal(ca.orders, 2);
  assert.equal(rehearsals, before, 'a renewal needs no rehearsal');
});

test('a look ahead can prevent the first order; a broken look ahead cannot', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  let answer: Error = refused();
  const preflight = () => Promise.reject(answer);
  const harness = new LifecycleHarness(clock, [ca], undefined, { preflight });
  await harness.lifecycle.start([site]);
  await clock.advance(minute);
  assert.equal(harness.status.state, 'blocked');
  assert.equal(ca.requests.length, 0);
  answer = new Error('the doctor fell ill');
  await clock.advance(day);
  assert.equal(harness.status.state, 'valid');
});

test('corrected names are ordered at once after a restart, whatever held the old ones back', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  const store = new MemoryStore();
  ca.trouble = (_now, request) => (request.names.includes('typo.example') ? refused() : null);
  const first = new LifecycleHarness(clock, [ca], store);
  await first.lifecycle.start([{ name: site.name, names: [site.name, 'typo.example'] }]);
  await clock.advance(minute);
  assert.equal(first.status.state, 'blocked');
  await first.lifecycle.stop();
  const second = new LifecycleHarness(clock, [ca], store);
  await second.lifecycle.start([site]);
  await clock.advance(minute);
  assert.equal(second.status.state, 'valid');
});
