import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceiveWindow } from './receive-window.ts';
import { Stream } from './stream.ts';
import { StreamTable } from './stream-table.ts';

function stream(id: number): Stream {
  return new Stream(id, 0, new ReceiveWindow(0, 0));
}

test('a stream is found by its number until it is taken out', () => {
  const table = new StreamTable();
  const one = stream(1);
  table.add(one);
  assert.equal(table.get(1), one);
  assert.equal(table.get(3), undefined);
  table.delete(one);
  table.delete(one);
  assert.equal(table.get(1), undefined);
  assert.equal(table.size, 0);
});

test('streams that stay open for long are found whatever comes and goes after them', () => {
  const table = new StreamTable();
  const open = new Map<number, Stream>();
  const enter = (id: number): void => {
    const entered = stream(id);
    table.add(entered);
    open.set(id, entered);
  };
  // Every seventh stays, up to a thousand at once; the others stay for ten numbers.
  for (let id = 1; id < 14_001; id += 2) {
    enter(id);
    const before = id - 20;
    const leaving = open.get(before);
    if (leaving !== undefined && before % 7 !== 0) {
      table.delete(leaving);
      open.delete(before);
    }
    assert.equal(table.get(before), open.get(before));
  }
  assert.equal(table.size, open.size);
  assert.deepEqual(new Set(table.all()), new Set(open.values()));
  for (const [id, entered] of open) assert.equal(table.get(id), entered);
});
