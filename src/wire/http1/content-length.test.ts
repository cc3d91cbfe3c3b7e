import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContentLength, readDecimal } from './content-length.ts';
import { readFieldLines } from './field-lines.ts';
import { FieldTable } from './field-table.ts';
import { failure } from './outcome.ts';

function decimal(text: string): number {
  const bytes = Buffer.from(`9${text}9`, 'latin1');
  return readDecimal(bytes, 1, bytes.length - 1);
}

test('digits alone are a number, exactly', () => {
  for (const value of [0, 7, 10, 65536, 4294967296, 999999999999999]) assert.equal(decimal(String(value)), value);
  assert.equal(decimal('000000000000012'), 12);
});

test('anything else is none', () => {
  for (const text of ['', ' 1', '1 ', '+1', '-1', '0x1', '1,1', '1.0', '1e3', '/', ':', '١', '1'.repeat(16)]) {
    assert.equal(decimal(text), -1, text);
  }
});

test('a head has one length', () => {
  const read = (...values: string[]): number => {
    const table = new FieldTable(4);
    const bytes = Buffer.from(`${values.map((value) => `Content-Length: ${value}\r\n`).join('')}\r\n`);
    readFieldLines(bytes, 0, bytes.length, table);
    return readContentLength(table);
  };
  assert.equal(read('42'), 42);
  assert.equal(read('0'), 0);
  assert.equal(read('0', '0'), failure.severalContentLengths);
  assert.equal(read('x'), failure.badContentLength);
});
