import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../model/clock.ts';
import { noHeaderRules, type Route, type Site } from '../../model/site.ts';
import { groupOf } from '../../model/target-group.ts';
import { LoginDesk } from '../guard/passwords/login-desk.ts';
import { RateTables } from '../guard/rates/rate-tables.ts';
import { findRoute, RoutingTable } from './routing-table.ts';

function route(path: string, stripPrefix = false): Route {
  const target = { kind: 'tcp', name: path, host: '127.0.0.1', port: 1, http2: false, tls: null } as const;
  return { path, action: { kind: 'proxy', group: groupOf(target), stripPrefix }, headers: noHeaderRules };
}

function site(names: readonly string[], paths: readonly string[] = ['/']): Site {
  return {
    name: names[0] ?? '',
    names,
    tls: { mode: 'off' },
    routes: paths.map((path) => route(path)),
    certificates: [],
  };
}

const clock = systemClock;
const home = {
  log: { error() {}, warn() {}, info() {} },
  clock,
  tell() {},
  logins: new LoginDesk({ clock, tell() {} }),
  rates: new RateTables(clock, () => {}),
  endpointOf: () => null,
};
const tableOf = (...sites: Site[]): RoutingTable => new RoutingTable(sites, home, { balancerOf: () => null });

const table = tableOf(
  site(['a.test', 'www.a.test']),
  site(['*.a.test']),
  site(['[::1]', '127.0.0.1']),
  site(['xn--bcher-kva.test']),
);

for (const [host, name] of [
  ['a.test', 'a.test'],
  ['A.TEST', 'a.test'],
  ['a.test.', 'a.test'],
  ['www.a.test', 'a.test'],
  ['b.a.test', '*.a.test'],
  ['c.b.a.test', undefined],
  ['.a.test', undefined],
  ['a.test.evil.test', undefined],
  ['127.0.0.1', '[::1]'],
  ['127.0.0.2', undefined],
  ['', undefined],
  ['__proto__', undefined],
] as const) {
  test(`the site for ${JSON.stringify(host)} is ${name}`, () => assert.equal(table.findSite(host)?.site.name, name));
}

const routed = tableOf(site(['r.test'], ['/api', '/api/v2/', '/sync', '/a%20b'])).findSite('r.test');
const whole = tableOf(site(['w.test'], ['/api', '/'])).findSite('w.test');

for (const [path, expected] of [
  ['/api', '/api'],
  ['/api/', '/api'],
  ['/api/x', '/api'],
  ['/apix', undefined],
  ['/API', undefined],
  ['/api/v2', '/api/v2/'],
  ['/api/v2/x', '/api/v2/'],
  ['/api/v20', '/api'],
  ['//api', undefined],
  ['/sync', '/sync'],
  ['/a%20b/c', '/a%20b'],
  ['/', undefined],
  ['*', undefined],
] as const) {
  test(`the route for ${path} is ${expected}`, () => {
    assert.ok(routed);
    assert.equal(findRoute(routed, path)?.route.path, expected);
    assert.ok(whole);
    assert.equal(findRoute(whole, path)?.route.path, path.startsWith('/api/') || path === '/api' ? '/api' : '/');
  });
}

test('paths of a site with one route for everything may be read in any way', () => {
  assert.notEqual(routed?.zones, null);
  assert.notEqual(whole?.zones, null);
  assert.equal(table.findSite('a.test')?.zones, null);
});
