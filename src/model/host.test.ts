import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { bracketed, isInternalHost, normaliseHost, normaliseHostPattern, splitHostPort, wildcardOf } from './host.ts';

suite('normaliseHost', () => {
  const same: [string, string][] = [
    ['terrax9.se', 'terrax9.se'],
    ['TERRAX9.se.', 'terrax9.se'],
    ['localhost', 'localhost'],
    ['my_app', 'my_app'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['BÜCHER。example', 'xn--bcher-kva.example'],
    ['127.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
  ];
  for (const [written, host] of same) test(`${written} is ${host}`, () => assert.equal(normaliseHost(written), host));

  const none = [
    ...[
      '',
      '.',
      '..',
      'a..b',
      '.a',
      'a.example..',
      'a b',
      'a/b',
      'a:80',
      'a@b',
      'a%2eb',
      '*.example.org',
      'a\0b',
      'a\r\nb',
    ],
    ...['-a.example', 'a-.example', `${'a'.repeat(64)}.example`, `${'a.'.repeat(127)}example`],
    ...[
      '127.1',
      '0x7f.1',
      '10.0.0.300',
      '1.2.3.4.5',
      '01.2.3.4',
      '[127.0.0.1]',
      '[::1',
      '::1]',
      'fe80::1%eth0',
      '1::2::3',
    ],
  ];
  for (const written of none)
    test(`${JSON.stringify(written)} is no host`, () => assert.equal(normaliseHost(written), null));

  test('what it gives, it gives again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.domain(), fc.ipV4(), fc.ipV6()), (text) => {
        const host = normaliseHost(text);
        if (host !== null) assert.equal(normaliseHost(host), host);
      }),
    );
  });
});

test('a wildcard needs two labels after it', () => {
  assert.equal(normaliseHostPattern('*.Example.org.'), '*.example.org');
  for (const text of ['*', '*.org', '*.10.0.0.1', '*.*.example.org', 'a.*.org', '*.::1']) {
    assert.equal(normaliseHostPattern(text), null, text);
  }
});

test('a wildcard covers exactly one label', () => {
  assert.equal(wildcardOf('www.example.org'), '*.example.org');
  assert.equal(wildcardOf('a.www.example.org'), '*.www.example.org');
  for (const host of ['example.org', 'localhost', '10.0.0.1', '::1', '']) assert.equal(wildcardOf(host), null, host);
});

test('host and port are taken apart, brackets kept', () => {
  assert.deepEqual(splitHostPort('a.example'), { host: 'a.example', port: null });
  assert.deepEqual(splitHostPort('a.example:80'), { host: 'a.example', port: '80' });
  assert.deepEqual(splitHostPort('[::1]:80'), { host: '[::1]', port: '80' });
  assert.deepEqual(splitHostPort(':80'), { host: '', port: '80' });
  for (const text of ['::1', '[::1', 'a:b:c', '[::1]x']) assert.equal(splitHostPort(text), null, text);
  assert.equal(bracketed('::1'), '[::1]');
});

test('names no public CA vouches for are internal', () => {
  for (const host of [
    'localhost',
    'nas',
    'app.localhost',
    'nas.local',
    'kms.internal',
    'a.home.arpa',
    'a.test',
    'a.lan',
    '*.kms.internal',
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '::1',
    'fd00::1',
    'fe80::1',
  ]) {
    assert.ok(isInternalHost(host), host);
  }
  for (const host of [
    'terrax9.se',
    'local.example.org',
    'thelocal.se',
    'a.arpa',
    '*.example.org',
    '8.8.8.8',
    '172.32.0.1',
    '2001:db8::1',
  ]) {
    assert.ok(!isInternalHost(host), host);
  }
});
