import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionOption, forEachToken, isNamedByConnection, readConnectionOptions } from './connection-field.ts';
import { readFieldLines } from './field-lines.ts';
import { FieldTable } from './field-table.ts';

function tableOf(...lines: string[]): FieldTable {
  const table = new FieldTable(128);
  const bytes = Buffer.from(`${lines.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1');
  assert.ok(readFieldLines(bytes, 0, bytes.length, table) > 0);
  return table;
}

/** Names of the fields that would be removed. */
function removed(...lines: string[]): string[] {
  const table = tableOf(...lines);
  return Array.from({ length: table.count }, (_, i) => i)
    .filter((i) => isNamedByConnection(table, i))
    .map((i) => table.name(i));
}

test('options are the union of all Connection fields', () => {
  const { close, keepAlive, upgrade, namesFields } = connectionOption;
  assert.equal(
    readConnectionOptions(tableOf('Connection: close', 'connection:Upgrade,x')),
    close | upgrade | namesFields,
  );
  assert.equal(readConnectionOptions(tableOf('Connection: Keep-Alive')), keepAlive);
  assert.equal(readConnectionOptions(tableOf('Connection: , ,', 'A: close')), 0);
});

test('the fields it names are removed, whatever their case', () => {
  assert.deepEqual(removed('Connection: X-Hop , te', 'x-hop: 1', 'TE: trailers', 'X-Hop2: 1'), ['x-hop', 'TE']);
  assert.deepEqual(removed('Connection: a', 'Connection: b', 'A: 1', 'B: 2', 'a: 3'), ['A', 'B', 'a']);
});

test('it never removes what frames the message or tells where it came from', () => {
  const names = [
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'X-Real-IP',
    'Forwarded',
    'Via',
  ];
  for (const name of names) {
    assert.deepEqual(removed(`Connection: close, ${name}`, `${name}: 1`), [], name);
    assert.deepEqual(removed(`Connection: ${name.toUpperCase()}`, `${name.toLowerCase()}: 1`), [], name);
  }
});

test('a long list of options costs little', () => {
  const lines = Array.from({ length: 100 }, (_, i) => `A${i}: b`);
  const table = tableOf(`Connection: ${Array(14_000).fill('a').join()}`, ...lines);
  assert.equal(readConnectionOptions(table), connectionOption.malformed);
});

test('elements of a list', () => {
  const elements = (text: string): string[] => {
    const bytes = Buffer.from(text);
    const found: string[] = [];
    forEachToken(bytes, 0, bytes.length, (start, end) => found.push(text.slice(start, end)));
    return found;
  };
  assert.deepEqual(elements('a'), ['a']);
  assert.deepEqual(elements(' a\t,\t b c ,,d, '), ['a', 'b c', 'd']);
  assert.deepEqual(elements(',\t ,'), []);
  assert.deepEqual(elements(''), []);
});
