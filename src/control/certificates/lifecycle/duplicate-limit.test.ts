import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day } from '../../../../test/support/fake-issuer.ts';
import { duplicateAllowedAt } from './duplicate-limit.ts';

const limit = { count: 5, period: 7 * day };
const issued = (...days: number[]) => days.map((at) => ({ issuer: 'ca', at: at * day }));

test('the last duplicate of a period is kept back until an older one has aged out', () => {
  assert.equal(duplicateAllowedAt(limit, issued(1, 2, 3), 'ca', 4 * day), 4 * day);
  assert.equal(duplicateAllowedAt(limit, issued(1, 2, 3, 4), 'ca', 5 * day), 8 * day);
  assert.equal(duplicateAllowedAt(limit, issued(1, 2, 3, 4, 5), 'ca', 5.5 * day), 9 * day);
  assert.equal(duplicateAllowedAt(limit, issued(1, 2, 3, 4), 'ca', 8 * day), 8 * day);
});

test('other issuers and issuers without a limit do not count', () => {
  assert.equal(duplicateAllowedAt(limit, issued(1, 2, 3, 4), 'other', 5 * day), 5 * day);
  assert.equal(duplicateAllowedAt(null, issued(1, 2, 3, 4, 4, 4), 'ca', 5 * day), 5 * day);
});
