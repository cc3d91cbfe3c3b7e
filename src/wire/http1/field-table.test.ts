import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFieldLines } from './field-lines.ts';
import { fieldId } from './field-names.ts';
import { FieldTable } from './field-table.ts';
import { failure } from './outcome.ts';

function read(table: FieldTable, text: string): number {
  const bytes = Buffer.from(text, 'latin1');
  return readFieldLines(bytes, 0, bytes.length, table);
}

test('fields are found by id, in order, without white space around them', () => {
  const table = new FieldTable(4);
  read(table, 'Cookie: a\r\nHost:\t x \r\ncookie: b;\xe5\r\nA:\r\n\r\n');
  assert.equal(table.count, 4);
  assert.equal(table.find(fieldId.cookie), 0);
  assert.equal(table.get(fieldId.host), 'x');
  assert.equal(table.get(fieldId.date), undefined);
  assert.equal(table.join(fieldId.cookie), 'a, b;\xe5');
  assert.equal(table.join(fieldId.date), undefined);
  assert.equal(table.name(2), 'cookie');
  assert.equal(table.value(3), '');
  assert.equal(table.valueStart(3), table.valueEnd(3));
});

test('lines stand back to back, as they were sent', () => {
  const table = new FieldTable(4);
  const text = 'A: b\r\nCc:\t d \r\nE:\r\n\r\nrest';
  read(table, text);
  const lines = Array.from({ length: 3 }, (_, i) => text.slice(table.lineStart(i), table.lineEnd(i)));
  assert.deepEqual(lines, ['A: b\r\n', 'Cc:\t d \r\n', 'E:\r\n']);
  assert.equal(table.end, text.indexOf('\r\nrest'));
});

test('a table that failed to be filled is empty', () => {
  const table = new FieldTable(2);
  assert.ok(read(table, 'A: b\r\nC: d\r\n\r\n') > 0);
  assert.equal(table.count, 2);
  assert.equal(read(table, 'A: b\r\nC: d\r\nE: f\r\n\r\n'), failure.tooManyFields);
  assert.equal(table.count, 0);
  assert.equal(read(table, 'A: b\r\n'), 0);
  assert.equal(table.count, 0);
  assert.equal(read(table, '\r\n'), 2);
  assert.equal(table.end, 0);
});
