import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TokenBuckets } from './token-buckets.ts';

const size = { interval: 100, capacity: 3 };

test('a full bucket grants what it holds at once, then a token an interval', () => {
  const buckets = new TokenBuckets(size);
  const grants = [0, 0, 0, 0, 99, 100, 100, 350].map((at) => buckets.take('a', 1000 + at));
  assert.deepEqual(
    grants.map(({ granted, left, fullIn, wait }) => [granted, left, fullIn, wait]),
    [
      [true, 2, 100, 0],
      [true, 1, 200, 0],
      [true, 0, 300, 0],
      [false, 0, 300, 100],
      [false, 0, 201, 1],
      [true, 0, 300, 0],
      [false, 0, 300, 100],
      [true, 1, 150, 0],
    ],
  );
  assert.equal(buckets.take('b', 1000).left, 2);
});

test('tokens granted elsewhere count; a clock that is set back locks nobody out for longer than a bucket takes to fill', () => {
  const buckets = new TokenBuckets(size);
  buckets.spend('a', 2, 1000);
  assert.equal(buckets.take('a', 1000).left, 0);
  buckets.spend('a', 99, 1000);
  assert.equal(buckets.take('a', 1000).wait, 100);
  assert.equal(buckets.take('a', 0).wait, 100);
});

test('over any stretch of time no more is granted than the bucket held and what came since', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (pauses) => {
      const buckets = new TokenBuckets(size);
      let now = 0;
      const granted: number[] = [];
      for (const pause of pauses) {
        now += pause;
        if (buckets.take('a', now).granted) granted.push(now);
      }
      for (const [first, from] of granted.entries()) {
        for (let last = first; last < granted.length; last++) {
          assert.ok(last - first + 1 <= size.capacity + Math.floor((granted[last]! - from) / size.interval));
        }
      }
    }),
  );
});

test('memory does not grow with the number of keys', () => {
  const buckets = new TokenBuckets(size);
  const before = process.memoryUsage().heapUsed;
  for (let key = 0; key < 400_000; key++) buckets.take(`2001:db8:${key}`, key / 100);
  assert.ok(process.memoryUsage().heapUsed - before < 60_000_000);
  assert.equal(buckets.take('2001:db8:399999', 4000).left, 1);
  assert.equal(buckets.take('2001:db8:0', 4000).left, 2);
});
