import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readFieldLines } from './field-lines.ts';
import { FieldTable } from './field-table.ts';
import { HeadWriter } from './head-writer.ts';

function written(writer: HeadWriter): string {
  return writer.bytes.toString('latin1', 0, writer.length);
}

test('a head is what was appended, also when it outgrows the memory', () => {
  const writer = new HeadWriter(8);
  const long = 'x'.repeat(100);
  writer.text('GET / HTTP/1.1\r\n');
  writer.field('Host', 'a.example');
  writer.text(long);
  writer.copy(Buffer.from(`[${long}]`), 1, 101);
  writer.copy(Buffer.from(long), 0, 100);
  assert.equal(written(writer), `GET / HTTP/1.1\r\nHost: a.example\r\n${long}${long}${long}`);
  assert.equal(writer.room, writer.bytes.length - writer.length);
});

test('a field of a table is written as it came', () => {
  const writer = new HeadWriter(64);
  const table = new FieldTable(1);
  const bytes = Buffer.from('x-A:  \xe5b \r\n\r\n', 'latin1');
  readFieldLines(bytes, 0, bytes.length, table);
  writer.fieldOf(table, 0);
  assert.equal(written(writer), 'x-A: \xe5b\r\n');
});

test('no value of a field ends its line or leaves ISO 8859-1', () => {
  const writer = new HeadWriter(64);
  const table = new FieldTable(1);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (value) => {
      writer.reset();
      writer.field('Location', value);
      writer.text('\r\n');
      assert.equal(readFieldLines(writer.bytes, 0, writer.length, table), writer.length);
      assert.equal(table.count, 1);
    }),
  );
  writer.reset();
  writer.field('A', 'b\r\nSet-Cookie: c=d\0\u010a\u0127');
  assert.equal(written(writer), 'A: b??Set-Cookie: c=d???\r\n');
});

test('text beyond ISO 8859-1 is not cut to octets', () => {
  const writer = new HeadWriter(64);
  writer.text('\u010d\u010a');
  writer.text('\u010d\u010a'.repeat(30));
  assert.equal(written(writer), '?'.repeat(62));
});

test('memory that a socket still reads is not written to', () => {
  const writer = new HeadWriter(16);
  writer.text('first, and long enough to grow');
  const sent = writer.bytes.subarray(0, writer.length);
  writer.renew();
  assert.equal(writer.length, 0);
  assert.equal(writer.room, 16);
  writer.text('second');
  assert.equal(sent.toString(), 'first, and long enough to grow');
});
