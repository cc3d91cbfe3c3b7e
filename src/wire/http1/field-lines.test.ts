import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcomeOf } from './corpus/case.ts';
import { readFieldLines } from './field-lines.ts';
import { FieldTable } from './field-table.ts';

function read(text: string, capacity = 4): number | string {
  const bytes = Buffer.from(text, 'latin1');
  return outcomeOf(readFieldLines(bytes, 0, bytes.length, new FieldTable(capacity)));
}

test('a section ends behind its blank line', () => {
  assert.equal(read('\r\nrest'), 2);
  assert.equal(read('A: b\r\n\r\nrest'), 8);
});

test('every cut of a good section waits for more', () => {
  const text = 'Host: a\r\nA:\r\nB: \t c d \r\n\r\n';
  for (let end = 0; end < text.length; end++) assert.equal(read(text.slice(0, end)), 'more', `${end}`);
  assert.equal(read(text), text.length);
});

test('a field too many is refused before it is read', () => {
  assert.equal(read('A: b\r\n\r\n', 1), 8);
  assert.equal(read('A: b\r\nC', 1), 'tooManyFields');
  assert.equal(read('A: b\r\n ', 1), 'tooManyFields');
  assert.equal(read('\r\n', 0), 2);
  assert.equal(read('A', 0), 'tooManyFields');
});

test('octets behind the end of the range are never looked at', () => {
  const bytes = Buffer.from('A: b\r\n\r\n');
  for (let end = 0; end < bytes.length; end++) {
    assert.equal(outcomeOf(readFieldLines(bytes, 0, end, new FieldTable(4))), 'more');
  }
});
