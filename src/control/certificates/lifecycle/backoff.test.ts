import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { day, hour, minute } from '../../../../test/support/fake-issuer.ts';
import { retryDelay } from './backoff.ts';

const never = (): number => 0;

test('waits 1, 10 and 100 minutes, then a day', () => {
  const waits = [1, 2, 3, 4, 5, 100].map((failures) => retryDelay(failures, null, never));
  assert.deepEqual(waits, [minute, 10 * minute, 100 * minute, day, day, day]);
});

test('never waits longer than an eighth of what is left, so many attempts fit before the end', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: hour, max: 90 * day }), (failures, left) => {
      assert.ok(retryDelay(failures, left, Math.random) <= Math.max(left / 8, 5 * minute));
    }),
  );
});

test('an expired certificate is tried several times a day, and not in a rush', () => {
  assert.equal(retryDelay(4, -day, never), 6 * hour);
  assert.equal(retryDelay(10, 1, never), 5 * minute);
});
