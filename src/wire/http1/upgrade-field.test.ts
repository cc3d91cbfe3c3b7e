import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFieldLines } from './field-lines.ts';
import { FieldTable } from './field-table.ts';
import { offersOtherProtocol } from './upgrade-field.ts';

function offers(...values: string[]): boolean {
  const table = new FieldTable(8);
  const bytes = Buffer.from(`${values.map((value) => `Upgrade: ${value}\r\n`).join('')}\r\n`);
  assert.ok(readFieldLines(bytes, 0, bytes.length, table) > 0);
  return offersOtherProtocol(table);
}

test('any protocol but HTTP may be offered', () => {
  assert.equal(offers('websocket'), true);
  assert.equal(offers('WebSocket/13, IRC/6.9', 'x'), true);
});

test('one version of HTTP among the offers spoils them all', () => {
  for (const value of [
    'h2c',
    'H2C',
    'h2',
    'HTTP/2.0',
    'http/1.1',
    'HTTP',
    'h2c-14',
    'websocket, h2c',
    'h2c,websocket',
  ]) {
    assert.equal(offers(value), false, value);
    assert.equal(offers(value, 'websocket'), false, value);
    assert.equal(offers('websocket', value), false, value);
  }
});

test('no offer, or one that is no protocol, is none', () => {
  for (const value of ['', ',', 'websocket h2c', '"websocket"', '/1', 'a/', 'a/1/2', 'a;b', 'a=b']) {
    assert.equal(offers(value), false, value);
  }
  assert.equal(offers(), false);
});
