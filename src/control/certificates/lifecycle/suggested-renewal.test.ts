import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, FakeIssuer, hour } from '../../../../test/support/fake-issuer.ts';
import { LifecycleHarness, site, testStart } from '../../../../test/support/lifecycle-harness.ts';
import { SteppedClock } from '../../../../test/support/stepped-clock.ts';
import type { RenewalInfo } from '../acme/renewal-info.ts';

function polledCa(clock: SteppedClock) {
  const state = { answer: (): RenewalInfo | undefined => undefined, polls: 0 };
  const ca = new FakeIssuer(clock, {
    renewalInfo: async () => {
      state.polls++;
      return state.answer();
    },
  });
  return { ca, state };
}

test('a certificate the CA will revoke (window in the past) is renewed at its next poll, as a replacement', async () => {
  const clock = new SteppedClock(testStart);
  const { ca, state } = polledCa(clock);
  const later = { start: testStart + 60 * day, end: testStart + 61 * day, explanation: '' };
  state.answer = () => ({ ...later, retryAt: clock.now() + 6 * hour });
  const harness = new LifecycleHarness(clock, [ca]);
  await harness.lifecycle.start([site]);
  await clock.advance(10 * day);
  assert.equal(ca.orders, 1);
  const old = harness.issued[0]!.generation;
  state.answer = () => ({
    start: testStart - day,
    end: testStart,
    explanation: 'https://ca.example/incident',
    retryAt: undefined,
  });
  await clock.advance(7 * hour);
  assert.ok(ca.orders >= 2);
  assert.equal(ca.requests[1]?.previous, old);
  await harness.lifecycle.stop();
});

test('renewal falls within the window, and the CA is polled as often as it asked', async () => {
  const clock = new SteppedClock(testStart);
  const { ca, state } = polledCa(clock);
  state.answer = () => {
    const issued = harness.issued.at(-1)?.generation.notBefore ?? testStart;
    return { start: issued + 40 * day, end: issued + 42 * day, explanation: '', retryAt: clock.now() + 6 * hour };
  };
  const harness = new LifecycleHarness(clock, [ca]);
  await harness.lifecycle.start([site]);
  await clock.advance(50 * day);
  const [first, second] = harness.issued.map((one) => one.generation.notBefore);
  assert.ok(second! - first! >= 40 * day && second! - first! <= 42 * day + hour);
  assert.ok(state.polls >= 195 && state.polls <= 205, `${state.polls} polls in 50 days`);
});

test('a CA that stops answering polls cannot delay renewal, nor the last twentieth of life be spent waiting', async () => {
  const clock = new SteppedClock(testStart);
  const { ca, state } = polledCa(clock);
  const harness = new LifecycleHarness(clock, [ca]);
  state.answer = () => ({
    start: testStart + 80 * day,
    end: testStart + 81 * day,
    explanation: '',
    retryAt: undefined,
  });
  await harness.lifecycle.start([site]);
  await clock.advance(day);
  state.answer = () => {
    throw new Error('503');
  };
  await clock.advance(62 * day);
  assert.equal(ca.orders, 2, 'renewed by age');
  state.answer = () => ({
    start: testStart + 500 * day,
    end: testStart + 501 * day,
    explanation: '',
    retryAt: undefined,
  });
  await clock.advance(88 * day);
  assert.equal(ca.orders, 3, 'renewed in the emergency');
  assert.ok(harness.issued[2]!.generation.notBefore < harness.issued[1]!.generation.notAfter);
});
