import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSubjectName } from './names.ts';

test('host names and addresses are read in their canonical form', () => {
  assert.deepEqual(parseSubjectName('App.Internal.'), { type: 'dns', value: 'app.internal' });
  assert.deepEqual(parseSubjectName('*.app.internal'), { type: 'dns', value: '*.app.internal' });
  assert.deepEqual(parseSubjectName('localhost'), { type: 'dns', value: 'localhost' });
  assert.deepEqual(parseSubjectName('127.0.0.1'), { type: 'ip', value: '127.0.0.1' });
  assert.deepEqual(parseSubjectName('[FD00:0:0::1]'), { type: 'ip', value: 'fd00::1' });
  assert.deepEqual(parseSubjectName('::ffff:1.2.3.4'), { type: 'ip', value: '::ffff:102:304' });
});

test('anything else is refused', () => {
  const bad = [
    '',
    '*',
    '.',
    'a..b',
    '*.',
    'a.*.b',
    'x*.b',
    '-a.b',
    'a b',
    'ä.de',
    '1.2.3',
    '1.2.3.999',
    'fe80::1%eth0',
    'a/b',
    'a\n',
  ];
  for (const text of [...bad, `${'a'.repeat(64)}.b`, `${'a.'.repeat(127)}abc`]) {
    assert.equal(parseSubjectName(text), null, JSON.stringify(text));
  }
});
