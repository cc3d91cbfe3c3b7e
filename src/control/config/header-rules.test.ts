import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HeaderChanges, noHeaderChanges } from '../../model/site.ts';
import { mergeHeaderRules } from './header-rules.ts';

const rules = (request: Partial<HeaderChanges>) => ({
  request: { ...noHeaderChanges, ...request },
  response: noHeaderChanges,
});

test('what a route says about a field replaces what its site says', () => {
  const site = rules({
    set: new Map([
      ['X-Site', 'site'],
      ['X-Both', 'site'],
      ['X-Gone', 'site'],
    ]),
    add: new Map([['X-More', 'site']]),
    remove: ['Cookie', 'X-Back'],
  });
  const route = rules({
    set: new Map([
      ['x-both', 'route'],
      ['X-Back', 'route'],
    ]),
    add: new Map([['x-more', 'route']]),
    remove: ['x-gone'],
  });
  assert.deepEqual(mergeHeaderRules(site, route).request, {
    set: new Map([
      ['X-Site', 'site'],
      ['x-both', 'route'],
      ['X-Back', 'route'],
    ]),
    add: new Map([['x-more', 'route']]),
    remove: ['Cookie', 'x-gone'],
  });
});
