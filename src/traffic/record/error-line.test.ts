import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonErrorLine, textLine } from './error-line.ts';

const time = Date.UTC(2026, 10, 22, 1, 2, 3, 456);

test('text: time, level, message and facts', () => {
  assert.equal(
    textLine(time, 'warn', 'it isn\'t "well"', {
      port: 443,
      site: 'a.example',
      why: 'two words',
      gone: undefined,
      empty: '',
    }),
    '2026-11-22T01:02:03.456Z warn it isn\'t "well" port=443 site=a.example why="two words" empty=""\n',
  );
});

test('json: the facts cannot replace time, level or message', () => {
  assert.deepEqual(
    JSON.parse(jsonErrorLine(time, 'error', 'no', { level: 'info', time: 'never', size: 3, ok: true })),
    {
      time: '2026-11-22T01:02:03.456Z',
      level: 'error',
      message: 'no',
      size: 3,
      ok: true,
    },
  );
});

test('nothing foreign can end a line, in either format', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (message, value) => {
      assert.match(textLine(time, 'info', message, { value }), /^[\x20-\x7e]+\n$/);
      const line = jsonErrorLine(time, 'info', message, { value });
      assert.match(line, /^[\x20-\x7e]+\n$/);
      assert.deepEqual(JSON.parse(line), { time: '2026-11-22T01:02:03.456Z', level: 'info', message, value });
    }),
  );
});

test('a value cannot pose as another fact', () => {
  assert.equal(
    textLine(time, 'info', 'm', { name: 'a user=root', other: 'x=y', quote: '"' }).slice(32),
    'name="a user=root" other="x=y" quote="\\""\n',
  );
});
