import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, failureStatus, failureTexts, needMore } from './outcome.ts';

test('every failure has a number of its own, a sentence and a status', () => {
  const codes = Object.values(failure);
  assert.equal(new Set(codes).size, codes.length);
  assert.deepEqual(Object.keys(failureTexts).map(Number).sort(), [...codes].sort());
  for (const code of codes) {
    assert.ok(code < needMore);
    assert.match(failureTexts[code] ?? '', /^[A-Z].*\.$/);
    assert.ok([400, 414, 431, 505].includes(failureStatus(code)));
  }
});

test('limits and versions have their own status', () => {
  assert.equal(failureStatus(failure.headTooLarge), 431);
  assert.equal(failureStatus(failure.tooManyFields), 431);
  assert.equal(failureStatus(failure.targetTooLong), 414);
  assert.equal(failureStatus(failure.unsupportedVersion), 505);
  assert.equal(failureStatus(failure.lengthAndCoding), 400);
});
