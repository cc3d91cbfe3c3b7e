import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suggest } from './suggest.ts';

const keys = ['listen', 'state', 'control', 'trustedProxies', 'logs', 'limits', 'sites', 'to'];

test('a mistyped word leads to the nearest one', () => {
  assert.equal(suggest('lsiten', keys), 'listen');
  assert.equal(suggest('trusted_proxies', keys), 'trustedProxies');
  assert.equal(suggest('Site', keys), 'sites');
  assert.equal(suggest('limit', keys), 'limits');
});

test('a word that is like none leads nowhere', () => {
  for (const word of ['acme', 'x', '', '___', 'workers', 'a'.repeat(1000)])
    assert.equal(suggest(word, keys), undefined, word);
});
