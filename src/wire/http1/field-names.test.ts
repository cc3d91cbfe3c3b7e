import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readFieldLines } from './field-lines.ts';
import { fieldId, identifyName, imitationId } from './field-names.ts';
import { FieldTable } from './field-table.ts';

function idOf(name: string): number {
  const bytes = Buffer.from(`-${name}-`, 'latin1');
  return identifyName(bytes, 1, bytes.length - 1);
}

test('every known name is found in any case', () => {
  for (const [name, id] of Object.entries(fieldId)) {
    if (name === '') continue;
    assert.equal(idOf(name), id, name);
    assert.equal(idOf(name.toUpperCase()), id, name);
    assert.notEqual(id, imitationId);
  }
});

test('no other name is taken for a known one', () => {
  for (const name of Object.keys(fieldId)) {
    for (const other of [
      `${name}x`,
      `x${name}`,
      name.slice(1),
      name.slice(0, -1),
      name.replace(/.$/, '\0'),
      `${name} `,
    ]) {
      assert.equal(idOf(other) === 0 || Object.hasOwn(fieldId, other), true, other);
    }
  }
});

test('imitations of names that frame or forge are told apart', () => {
  for (const name of ['Content_Length', 'transfer_encoding', 'X_Forwarded_For', 'x-forwarded_proto', 'X_REAL_IP']) {
    assert.equal(idOf(name), imitationId, name);
  }
  for (const name of ['user_agent', 'content_type', '_host', 'x_forwarded_for_']) assert.equal(idOf(name), 0, name);
});

test('a name that is read with its line has the id that it has alone', () => {
  const names = Object.keys(fieldId).filter((name) => name !== '');
  const spelled = fc
    .constantFrom(...names)
    .chain((name) =>
      fc
        .array(fc.nat(3), { minLength: name.length, maxLength: name.length })
        .map((choices) =>
          [...name]
            .map((letter, i) =>
              choices[i] === 0 ? letter.toUpperCase() : choices[i] === 1 && letter === '-' ? '_' : letter,
            )
            .join(''),
        ),
    );
  const table = new FieldTable(1);
  fc.assert(
    fc.property(spelled, (name) => {
      const bytes = Buffer.from(`${name}:\r\n\r\n`);
      assert.equal(readFieldLines(bytes, 0, bytes.length, table), bytes.length);
      assert.equal(table.ids[0], idOf(name));
    }),
  );
});
