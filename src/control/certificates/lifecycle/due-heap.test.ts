import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DueHeap } from './due-heap.ts';

test('gives values back by rising time, whatever the order of pushes and pops', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant('pop' as const))), (steps) => {
      const heap = new DueHeap<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === 'pop') {
          model.sort((a, b) => a - b);
          assert.equal(heap.pop(), model.shift());
        } else {
          heap.push(step, step);
          model.push(step);
        }
        assert.equal(heap.size, model.length);
        assert.equal(heap.first, Math.min(...model));
      }
    }),
  );
});
