import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { retryAt } from './retry-after.ts';

const now = Date.UTC(2026, 5, 1);

test('seconds and dates are read; the past means now; nonsense means nothing was said', () => {
  assert.equal(retryAt('120', now), now + 120_000);
  assert.equal(retryAt('Mon, 01 Jun 2026 01:00:00 GMT', now), now + 3_600_000);
  assert.equal(retryAt('Fri, 01 Jun 2001 00:00:00 GMT', now), now);
  for (const field of [undefined, '', 'soon', '-5x', '9'.repeat(30)]) assert.equal(retryAt(field, now), undefined);
});

test('never before now, never more than a year ahead', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.nat().map(String)), (field) => {
      const at = retryAt(field, now);
      assert.ok(at === undefined || (at >= now && at <= now + 366 * 86_400_000));
    }),
  );
});
