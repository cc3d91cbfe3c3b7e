import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interruptEchoes } from './signals.ts';

test('under npm, a Ctrl-C that arrives twice counts once, and the next one counts again', () => {
  const isEcho = interruptEchoes(true);
  assert.deepEqual([1000, 1005, 3000, 3002].map(isEcho), [false, true, false, true]);
});

test('without npm every SIGINT counts', () => {
  const isEcho = interruptEchoes(false);
  assert.deepEqual([1000, 1005].map(isEcho), [false, false]);
});
