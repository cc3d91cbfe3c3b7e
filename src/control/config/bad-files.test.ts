import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ConfigError } from './problems.ts';
import { readSettings } from './read-settings.ts';
import { configSchema } from './schema.ts';
import { siteKeys } from './site-schema.ts';

/**
 * `bad-files.txt`: each case is `=== title`, the file, `>>>`, and all that is said about it, to the letter; the keys that the
 * schema has are not written out.
 */
const cases = readFileSync(join(import.meta.dirname, 'bad-files.txt'), 'utf8')
  .split(/^=== /m)
  .slice(1)
  .map((block) => {
    const match = /^(.*)\n([\s\S]*?)>>>\n([\s\S]*)$/.exec(block);
    assert.ok(match, `not a case: ${block}`);
    return { title: match[1] ?? '', file: match[2] ?? '', said: withKeys((match[3] ?? '').trimEnd()) };
  });

function withKeys(said: string): string {
  const { shape } = configSchema;
  const fileKeys = Object.keys(shape).join(', ');
  return said.replaceAll('[the keys of a file]', fileKeys).replaceAll('[the keys of a site]', siteKeys.join(', '));
}

const world = {
  environment: { SECRET: 'hunter2' },
  home: '/home/me',
  isRoot: true,
  now: 0,
  openFiles: 1024,
  processors: 1,
};

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
