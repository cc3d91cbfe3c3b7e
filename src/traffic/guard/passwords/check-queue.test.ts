import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckQueue } from './check-queue.ts';

test('one check runs at a time, and each network has its turn', () => {
  const queue = new CheckQueue();
  const order: string[] = [];
  const running: (() => void)[] = [];
  const offer = (network: string, name: string): boolean =>
    queue.offer(network, (next) => {
      order.push(name);
      running.push(next);
    });
  for (let i = 0; i < 5; i++) offer('bad', `bad ${i}`);
  offer('good', 'good');
  assert.deepEqual(order, ['bad 0']);
  while (running.length > 0) running.shift()!();
  assert.deepEqual(order, ['bad 0', 'bad 1', 'good', 'bad 2', 'bad 3', 'bad 4']);
});

test('no network may wait with many, and all together not with more than there is room for', () => {
  const queue = new CheckQueue();
  const taken = (network: string): boolean => queue.offer(network, () => {});
  assert.equal(Array.from({ length: 100 }, () => taken('bad')).filter(Boolean).length, 9);
  assert.ok(taken('good'));
  const others = Array.from({ length: 1000 }, (_, i) => taken(`10.0.0.${i}`)).filter(Boolean).length;
  assert.ok(others < 256, String(others));
});
