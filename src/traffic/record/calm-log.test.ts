import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../../test/support/manual-clock.ts';
import { memoryLog } from '../../../test/support/memory-log.ts';
import { CalmLog, mostInfoLines } from './calm-log.ts';

test('a burst of info lines is cut, counted, and over after a second; errors always pass', () => {
  const lines = memoryLog();
  const clock = manualClock(0);
  const log = new CalmLog(lines, clock);
  for (let i = 0; i < mostInfoLines + 5; i++) log.info('refused', { i });
  log.error('app is gone');
  log.warn('limit');
  assert.equal(lines.of('info').length, mostInfoLines);
  assert.deepEqual(lines.of('error'), ['error app is gone']);
  assert.deepEqual(lines.of('warn'), ['warn limit']);
  clock.advance(1_000);
  assert.equal(lines.of('info').at(-1), 'info more lines like these were left out leftOut=5');
  lines.clear();
  log.info('refused', { i: 99 });
  clock.advance(1_000);
  assert.deepEqual(lines.lines, ['info refused i=99']);
});
