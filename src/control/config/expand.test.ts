// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the strings that users write
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { expand } from './expand.ts';

suite('expansion', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-'));
  after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'token'), 'from a file\n');
  const expansion = { environment: { PORT: '8080', NESTED: '${PORT}', EMPTY: '' }, directory };
  const expanded = (text: string) => expand(text, expansion).value;

  test('puts in variables and files, and only those', () => {
    assert.deepEqual(expanded('127.0.0.1:${PORT}'), { text: '127.0.0.1:8080', changed: true });
    assert.deepEqual(expanded('${PORT}${PORT}'), { text: '80808080', changed: true });
    assert.deepEqual(expanded('[${EMPTY}]'), { text: '[]', changed: true });
    assert.deepEqual(expanded('${file:token}'), { text: 'from a file', changed: true });
    assert.deepEqual(expanded(`\${file:${directory}/token}`), { text: 'from a file', changed: true });
    assert.deepEqual(expanded('$PORT {PORT} $'), { text: '$PORT {PORT} $', changed: false });
  });

  test('does not expand what was put in', () => assert.equal(expanded('${NESTED}')?.text, '${PORT}'));

  test('leaves what is escaped', () => assert.deepEqual(expanded('$${PORT}'), { text: '${PORT}', changed: false }));

  test('refuses what is not there', () => {
    for (const text of [
      '${NOPE}',
      '${}',
      '${',
      'a${PORT',
      '${PORT:-80}',
      '${file:nope}',
      '${file:}',
      '${toString}',
      '${file:a\0b}',
    ]) {
      assert.ok(expand(text, expansion).faults, text);
    }
  });
});
