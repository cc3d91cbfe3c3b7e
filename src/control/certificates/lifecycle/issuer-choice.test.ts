import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseIssuer } from './issuer-choice.ts';
import { freshProgress, type IssuerRecord, type Progress } from './record.ts';

const order = ['first', 'second'];
function progress(issuers: Record<string, Partial<IssuerRecord>>): Progress {
  const entries = Object.entries(issuers).map(([name, one]) => [
    name,
    { failures: 0, lastAttempt: 0, holdUntil: 0, ...one },
  ]);
  return { ...freshProgress, issuers: Object.fromEntries(entries) };
}

test('the first issuer is asked until it has failed three times, then the second', () => {
  assert.equal(chooseIssuer(order, freshProgress, 10), 'first');
  assert.equal(chooseIssuer(order, progress({ first: { failures: 2 } }), 10), 'first');
  assert.equal(chooseIssuer(order, progress({ first: { failures: 3 } }), 10), 'second');
});

test('when both have failed often they take turns', () => {
  const both = (first: number, second: number): Progress =>
    progress({ first: { failures: 4, lastAttempt: first }, second: { failures: 4, lastAttempt: second } });
  assert.equal(chooseIssuer(order, both(5, 6), 10), 'first');
  assert.equal(chooseIssuer(order, both(7, 6), 10), 'second');
});

test('an issuer that asked for rest, or is down for everybody, is passed over while another is free', () => {
  assert.equal(chooseIssuer(order, progress({ first: { failures: 1, holdUntil: 99 } }), 10), 'second');
  assert.equal(
    chooseIssuer(order, freshProgress, 10, (name) => name === 'first'),
    'second',
  );
  const resting = progress({ first: { holdUntil: 99 }, second: { holdUntil: 50 } });
  assert.equal(chooseIssuer(order, resting, 10), 'second');
});
