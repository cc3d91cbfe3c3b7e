import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ConfigError } from './problems.ts';
import { readSettings } from './read-settings.ts';

/** `bad-files.txt`: each case is `=== title`, the file, `>>>`, and all that is said about it, to the letter. */
const cases = readFileSync(join(import.meta.dirname, 'bad-files.txt'), 'utf8')
  .split(/^=== /m)
  .slice(1)
  .map((block) => {
    const match = /^(.*)\n([\s\S]*?)>>>\n([\s\S]*)$/.exec(block);
    assert.ok(match, `not a case: ${block}`);
    return { title: match[1] ?? '', file: match[2] ?? '', said: (match[3] ?? '').trimEnd() };
  });

const world = { environment: { SECRET: 'hunter2' }, home: '/home/me', isRoot: true, now: 0, openFiles: 1024 };

suite('files that are refused', () => {
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'sallyport-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  for (const { title, file, said } of cases) {
    test(title, () => {
      const path = join(directory, 'sallyport.yaml');
      writeFileSync(path, file);
      assert.throws(
        () => readSettings(path, world),
        (error) => {
          assert.ok(error instanceof ConfigError, String(error));
          assert.equal(error.code, 'invalid-config');
          assert.equal(error.exitCode, 2);
          assert.equal(error.message.replaceAll(path, 'sallyport.yaml').replaceAll(/ +$/gm, ''), said);
          return true;
        },
      );
    });
  }
});
