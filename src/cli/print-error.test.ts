import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printErrors } from './print-error.ts';

test('a file that belongs to somebody else is named, and no defect', () => {
  const lines: string[] = [];
  const err = { line: (text = '') => void lines.push(text), paint: (_style: unknown, text: string) => text };
  const thrown = Object.assign(new Error("EACCES: permission denied, scandir '/var/lib/sallyport/authority'"), {
    code: 'EACCES',
    path: '/var/lib/sallyport/authority',
  });
  assert.equal(printErrors({ out: err, err, env: {}, directory: '/' }, thrown), 1);
  assert.deepEqual(lines, [
    'sallyport: this user has no permission for /var/lib/sallyport/authority',
    '  cure: Run it as the user who owns that, or give it to this one with chown.',
  ]);
});
