import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DynamicTable, entryOverhead } from './dynamic-table.ts';

test('it holds what a plain list would hold, through evictions and changes of size (RFC 7541 §4)', () => {
  const step = fc.oneof(
    fc.record({ name: fc.nat({ max: 60 }), value: fc.nat({ max: 300 }) }),
    fc.record({ limit: fc.nat({ max: 1024 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const table = new DynamicTable(1024);
      let list: string[] = [];
      let limit = 1024;
      const size = (): number => list.reduce((sum, line) => sum + line.length - 4 + entryOverhead, 0);
      for (const [index, taken] of steps.entries()) {
        if ('limit' in taken) {
          limit = taken.limit;
          table.resize(limit);
        } else {
          const letter = String.fromCharCode(97 + (index % 26));
          const line = `${letter.repeat(taken.name)}: ${letter.repeat(taken.value)}\r\n`;
          table.insert(Buffer.from(line), 0, taken.name, taken.value, index);
          list.unshift(line);
        }
        while (size() > limit) list = list.slice(0, -1);
        assert.equal(table.size, size());
        assert.equal(table.count, list.length);
        for (const [distance, line] of list.entries()) {
          const slot = table.numberAt(distance) & table.mask;
          const start = table.starts[slot]!;
          assert.equal(table.lines.toString('latin1', start, start + line.length), line);
        }
        assert.equal(table.numberAt(list.length), -1);
      }
    }),
  );
});

test('an unused table takes no memory', () => {
  assert.equal(new DynamicTable(4096).lines.length, 0);
});
