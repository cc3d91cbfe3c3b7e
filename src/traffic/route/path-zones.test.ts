import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PathZones } from './path-zones.ts';

/** `/` open, `/admin` guarded but for `/admin/health`, `/api` and `/caf%C3%A9` open. */
const zones = new PathZones([
  { prefix: '', guarded: false },
  { prefix: '/admin', guarded: true },
  { prefix: '/admin/health', guarded: false },
  { prefix: '/api', guarded: false },
  { prefix: '/caf%C3%A9', guarded: false },
]);

suite('what an honest client sends may pass', () => {
  for (const path of [
    ...[
      '/',
      '/index.html',
      '/.well-known/x',
      '/a..b/..c/d..e',
      '/...x',
      '/a//b',
      '/a;v=1/b',
      '/a%20b',
      '/caf%C3%A9/x',
      '*',
    ],
    ...[
      '/admin',
      '/admin/',
      '/admin/users/a%2Fb',
      '/admin/users//x',
      '/admin/a;v=1',
      '/admin/health',
      '/admin/health/x.y',
    ],
    ...[
      '/api/v1/a%2Fb',
      '/api/v1/a%252Fb',
      '/api/https://x/y',
      '/API',
      '/Api/x',
      '/api.json',
      '/apix',
      '/administrator',
    ],
    ...[
      '/x/admin',
      '/x%2Fadmin',
      '/x//admin',
      '/x;/admin',
      '/files/%E2%82%AC/1+1',
      '/a+b',
      '/x%3Fy',
      '/x%23y',
      '/U.S./x',
    ],
    ...[`/api/${'a%20b/'.repeat(400)}x`],
  ])
    test(path.slice(0, 60), () => assert.equal(zones.verdict(path), ''));
});

suite('what some app reads as another route is refused', () => {
  for (const path of [
    ...[
      '//admin',
      '/%61dmin',
      '/%2561dmin',
      '/%2561%2564min/x',
      '/\\admin',
      '/%5cadmin',
      '/%2fadmin',
      '/;x/admin',
      '/;/admin',
    ],
    ...[
      '/admin;x',
      '/admin;x/y',
      '/admin%3bx',
      '/admin%00',
      '/admin%00.html',
      '/adm%00in',
      '/admin%3fx',
      '/admin%23',
      '/admin%0a',
    ],
    ...[
      '/admin%20',
      '/admin%2e',
      '/admin.',
      '/admin+',
      '/%u0061dmin',
      '/%c1%a1dmin',
      '/%ef%bc%8fadmin',
      '/%ef%bd%81dmin',
    ],
    ...[
      '//x/admin',
      '/%2fx/admin',
      '/admin/health;x',
      '/admin/%68ealth',
      '/admin/health%2fx%00',
      '/admin%2fhealth',
      '/cafe%CC%81',
    ],
    ...[
      '/%c0%afadmin',
      '/a%70i/../x',
      '/%e0%80%afadmin',
      '/admin\\health',
      '//api/x',
      '/%61pi',
      '/caf%E9%20',
      '/caf\xc3\xa9',
    ],
  ])
    test(path, () => assert.notEqual(zones.verdict(path), ''));
});

suite('what an app that does not mind case, or endings, reads as a guarded route is refused', () => {
  for (const path of ['/ADMIN', '/Admin/users', '/%41DMIN', '/admin.json', '/Admin.JSON', '/a%44min', '/adm\u0131n'])
    test(path, () => assert.equal(zones.verdict(path), 'ambiguous'));
});

suite('a dot segment in any spelling is refused', () => {
  for (const path of [
    ...['/.', '/..', '/a/../b', '/a/./b', '/a/..', '/a/%2e%2E/b', '/a/.%2e', '/a%2f..%2fb', '/a\\..\\b', '/a%5c..%5Cb'],
    ...[
      '/a/..;x/b',
      '/a/.;/b',
      '/a/%252e%252e/b',
      '/a/..%00/b',
      '/a/..%20/b',
      '/a/%c0%ae%c0%ae/b',
      '/a/%ef%bc%8e./b',
      '/a/..%3fb',
    ],
    ...['/a/%u002e%u002e/b', '/a/..%09/b', `/a/%${'25'.repeat(60)}2e/b`],
  ])
    test(path.slice(0, 60), () => assert.equal(zones.verdict(path), 'dots'));
});

test('a path that can be read in too many ways is refused', () => {
  const path = `/${'%2525252525252525252541;%5c%c0%af//'.repeat(900)}`;
  assert.equal(zones.verdict(path), 'dots');
});

test('where there is no route there is nothing to be ambiguous about', () => {
  const some = new PathZones([{ prefix: '/sync', guarded: false }]);
  assert.equal(some.verdict('/other'), '');
  assert.equal(some.verdict('//sync'), '');
  assert.equal(some.verdict('/sync/x'), '');
  assert.equal(some.verdict('/sync/x/../../other'), 'dots');
  assert.equal(some.verdict('/sync%00'), '');
  assert.equal(some.verdict('/sync/%00'), '');
});
