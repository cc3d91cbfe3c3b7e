import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');

test('every requirement in conformance.txt names a test that is there', () => {
  const lines = readFileSync(join(import.meta.dirname, 'conformance.txt'), 'utf8')
    .trim()
    .split('\n');
  const texts = new Map<string, string>();
  const read = (path: string): string => {
    const text = texts.get(path) ?? readFileSync(path, 'utf8');
    texts.set(path, text);
    return text;
  };
  const missing: string[] = [];
  for (const line of lines.filter((one) => !one.startsWith('#'))) {
    const [section, requirement, file, words, ...more] = line.split(' | ');
    assert.ok(section && requirement && file && words && more.length === 0, `not a line of four parts: ${line}`);
    const path = file.startsWith('/') ? join(root, 'test', file) : join(root, 'src/wire/http2', file);
    if (!read(path).includes(words)) missing.push(`${file}: ${words}`);
  }
  assert.deepEqual(missing, []);
});
