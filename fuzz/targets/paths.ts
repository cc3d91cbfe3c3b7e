import assert from 'node:assert/strict';
import { isUnder } from '../../src/traffic/path-prefix.ts';
import { PathZones } from '../../src/traffic/route/path-zones.ts';
import type { FuzzTarget } from '../target.ts';

const prefixes = ['', '/admin', '/admin/open', '/api'];
const zones = new PathZones(prefixes.map((prefix) => ({ prefix, guarded: prefix === '/admin' })));

function zoneOf(path: string): string {
  return prefixes.toSorted((a, b) => b.length - a.length).find((prefix) => isUnder(path, prefix)) ?? '';
}

/** Two servers of which each undoes what the other leaves: whatever passes leads to the same place with both. */
const servers: readonly ((path: string) => string)[] = [
  (path) => URL.parse(path, 'http://a')?.pathname ?? path,
  (path) => {
    const decoded = path.replace(/%([0-9a-f]{2})/gi, (_whole, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    return decoded.replace(/;[^/]*/g, '').replace(/[\\/]+/g, '/');
  },
];

export const target: FuzzTarget = {
  reads: 'paths of sites with several routes (RFC 3986 §3.3, §5.2.4), as apps may read them',
  seeds: [
    '/',
    '/admin',
    '/admin/open/x',
    '/api/a%2Fb;v=1',
    '/x//y',
    '/%2e%2e/admin',
    '//evil/admin',
    '/a%252fb',
    '/caf%C3%A9/\xc3\xa9',
  ],
  dictionary: [
    '/admin',
    '/open',
    '/api',
    '/..',
    '/.',
    '%2f',
    '%2e',
    '%5c',
    '\\',
    ';',
    '%3b',
    '%00',
    '%25',
    '%u002f',
    '%c0%af',
    '//',
    '.json',
  ],
  mostBytes: 300,
  check(input) {
    const path = `/${input
      .toString('latin1')
      .replace(/[^!-~\x80-\xff]|[?#]/g, '')
      .replace(/^\//, '')}`;
    const verdict = zones.verdict(path);
    assert.equal(zones.verdict(path), verdict);
    if (verdict !== '') return verdict;
    for (const server of servers) assert.equal(zoneOf(server(path)), zoneOf(path), path);
    return `passes to ${zoneOf(path)}`;
  },
};
