import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { linkTargets } from './link.ts';

const base = 'https://ca.test/cert/1';

test('alternates are found in joined fields, relative ones too, whatever the order of parameters', () => {
  const field =
    '<https://ca.test/dir>;rel="index", </cert/1/1>; title="a, b"; rel=alternate, <https://ca.test/cert/1/2>;rel="up alternate"';
  assert.deepEqual(linkTargets(field, 'alternate', base), ['https://ca.test/cert/1/1', 'https://ca.test/cert/1/2']);
  assert.deepEqual(linkTargets(undefined, 'alternate', base), []);
});

test('no field makes it throw', () => {
  fc.assert(fc.property(fc.string(), (field) => Array.isArray(linkTargets(field, 'alternate', base))));
});
