import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionsFor, openFilesLimit, parseOpenFiles } from './open-files.ts';

test('two descriptors for each client fit into the limit, with some to spare', () => {
  for (const limit of [1, 64, 256, 1024, 20_000, 1_048_576]) {
    const connections = connectionsFor(limit);
    assert.ok(connections >= 1);
    if (limit >= 256) assert.ok(connections * 2 + 64 <= limit, String(limit));
  }
  assert.equal(connectionsFor(1024), 461);
});

test('the limit is read from the kernel', () => {
  const text =
    'Limit                     Soft Limit           Hard Limit           Units     \nMax open files            4096                 524288               files     \n';
  assert.equal(parseOpenFiles(text), 4096);
  assert.equal(parseOpenFiles(text.replace('4096  ', 'unlimited')), 2 ** 20);
  assert.equal(parseOpenFiles('nothing of the kind'), null);
  assert.ok(openFilesLimit() > 0);
});
