import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { day, FakeIssuer, hour, minute } from '../../../../test/support/fake-issuer.ts';
import { LifecycleHarness, testStart } from '../../../../test/support/lifecycle-harness.ts';
import { SteppedClock } from '../../../../test/support/stepped-clock.ts';
import { type FailureKind, failureKinds, OrderFailure } from './failure.ts';

/** A stretch of time in which every order fails in one way, then a stretch in which all is well. */
const stretch = fc.record({
  kind: fc.constantFrom<FailureKind>(...failureKinds),
  bad: fc.integer({ min: 1, max: 36 }),
  good: fc.integer({ min: 12, max: 24 * 10 }),
  rest: fc.integer({ min: 0, max: 48 }),
});
type Stretch = typeof stretch extends fc.Arbitrary<infer T> ? T : never;

/** The trouble at a moment, the stretches following each other from the first day on. */
function troubleAt(stretches: readonly Stretch[], now: number): OrderFailure | null {
  let at = testStart + day;
  for (const { kind, bad, good, rest } of stretches) {
    if (now >= at && now < at + bad * hour) {
      return new OrderFailure(kind, { kind, ...(kind === 'limited' ? { retryAt: now + rest * hour } : {}) });
    }
    at += (bad + good) * hour;
  }
  return null;
}

test('whatever goes wrong for up to a day and a half at a time, a six-day certificate of a single CA never lapses', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stretch, { minLength: 1, maxLength: 8 }), fc.integer(), async (stretches, seed) => {
      const clock = new SteppedClock(testStart, minute);
      const ca = new FakeIssuer(clock, { lifetime: 6 * day });
      ca.trouble = (now) => troubleAt(stretches, now);
      let state = seed >>> 0;
      const random = (): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
      };
      const harness = new LifecycleHarness(clock, [ca], undefined, { random });
      const names = [1, 2, 3].map((index) => `s${index}.example`);
      await harness.lifecycle.start(names.map((name) => ({ name, names: [name] })));
      for (let hours = 0; hours < 24 * 40; hours += 2) {
        await clock.advance(2 * hour);
        for (const status of harness.lifecycle.status()) {
          const { notAfter, nextAttempt, state: kind } = status;
          assert.ok(notAfter !== null && notAfter > clock.now(), `${status.name} lapsed (${kind})`);
          const waits = nextAttempt === null ? 0 : nextAttempt - clock.now();
          assert.ok(kind === 'valid' || waits <= (notAfter - clock.now()) / 2 + minute, `${kind} for ${waits} ms`);
        }
      }
      await harness.lifecycle.stop();
    }),
    { numRuns: 25 },
  );
});
