import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../../../test/support/manual-clock.ts';
import type { RateLimit } from '../../../model/access.ts';
import { type RateNews, RateTables } from './rate-tables.ts';

const limit: RateLimit = { id: 'site', name: 'all', requests: 100, per: 1000, burst: 3, key: 'all', header: '' };

test('what one worker grants counts in the others, told once for many requests', () => {
  const clock = manualClock(0);
  const told: RateNews[] = [];
  const here = new RateTables(clock, (news) => told.push(news));
  const there = new RateTables(clock, () => assert.fail('told on'));
  const [ours, theirs] = [here.get(limit), there.get(limit)];
  assert.ok(ours.take('a').granted);
  assert.ok(ours.take('a').granted);
  assert.ok(ours.take('b').granted);
  assert.deepEqual(told, []);
  clock.advance(100);
  assert.deepEqual(
    told.map(({ key, tokens }) => [key, tokens]),
    [
      ['a', 2],
      ['b', 1],
    ],
  );
  for (const { kind, limit: name, key, tokens } of told) there.learn({ kind, limit: name, key, tokens });
  assert.ok(theirs.take('a').granted);
  assert.ok(!theirs.take('a').granted);
  assert.equal(theirs.take('b').left, 1);
  assert.doesNotThrow(() => there.learn({ kind: 'rates', limit: 'gone', key: 'a', tokens: 1 }));
  assert.doesNotThrow(() => there.learn({ kind: 'other' }));
});
