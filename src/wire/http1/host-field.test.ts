import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readHost } from './host-field.ts';

/** The host as read, or null where the value is refused. */
function hostOf(value: string): string | null {
  const bytes = Buffer.from(`]${value}:]`, 'latin1');
  const end = readHost(bytes, 1, 1 + value.length);
  return end < 0 ? null : value.slice(0, end - 1);
}

test('the host is told from its port', () => {
  assert.equal(hostOf('a.example'), 'a.example');
  assert.equal(hostOf('A.Example.:443'), 'A.Example.');
  assert.equal(hostOf('a:'), 'a');
  assert.equal(hostOf('[::1]:0'), '[::1]');
  assert.equal(hostOf('[2001:db8:1:2:3:4:255.255.255.255]'), '[2001:db8:1:2:3:4:255.255.255.255]');
});

test('names that no site has are for the routes to miss', () => {
  for (const value of ['-', '_', 'a-', '1.2.3.4.5', '999.1.1.1', '0']) assert.equal(hostOf(value), value);
});

test('what could be argued about is refused', () => {
  const values = [
    '',
    ':',
    ':1',
    'a:b',
    'a:1:2',
    'a:65536',
    'a:-1',
    '.',
    'a..b',
    '.a',
    'a.b..',
    '[',
    '[]',
    '[::1',
    '::1',
  ];
  for (const value of [
    ...values,
    '[::1]a',
    '[::1]]',
    '[1]',
    '[::1%25a]',
    '[g::]',
    'a/b',
    'a\\b',
    'a@b',
    'a b',
    'a%41',
    'é',
  ])
    assert.equal(hostOf(value), null, value);
});

test('every host that is accepted is one that a URL can have', () => {
  const octets = fc.constantFrom(...'aA0z.-_:[]@/\\%#? 19f', '\xe9', '\0');
  fc.assert(
    fc.property(fc.array(octets, { maxLength: 12 }), (parts) => {
      const value = parts.join('');
      const host = hostOf(value);
      if (host === null) return;
      assert.match(value, /^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d*)?$/i);
      // Names that end in a number are IPv4 addresses to a URL, and it checks their parts.
      if (host.startsWith('[')) assert.equal(new URL(`http://${value}/`).pathname, '/');
    }),
    { numRuns: 5000 },
  );
});
