// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the strings that users write
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { World } from '../../src/control/config/compile.ts';
import { ConfigError } from '../../src/control/config/problems.ts';
import { readSettings } from '../../src/control/config/read-settings.ts';
import type { FuzzTarget } from '../target.ts';

const secret = 'hunter2-correct-horse:99999/x';
const world: World = {
  environment: { SECRET: secret },
  home: '/home/me',
  isRoot: true,
  now: 0,
  openFiles: 1024,
  processors: 1,
};
const directory = mkdtempSync(join(tmpdir(), 'sallyport-fuzz-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const file = join(directory, 'sallyport.yaml');

/** Each good or bad file of the configuration's own tests, the text before its message. */
const badFiles = readFileSync(new URL('../../src/control/config/bad-files.txt', import.meta.url), 'utf8')
  .split(/^=+.*$/m)
  .filter((text) => text.length < 400);

export const target: FuzzTarget = {
  reads: 'the configuration: YAML 1.2, its shape and its values',
  seeds: [
    readFileSync(new URL('../../examples/sallyport.yaml', import.meta.url)),
    ...badFiles.slice(0, 150),
    'sites:\n  a.example: 8080\n',
    'a: &a [x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nsites: [*c, *c, *c]\n',
    `sites: ${'['.repeat(200)}`,
    'sites:\n  a.example: { to: "${SECRET}", headers: { request: { set: { X: "${SECRET}" } } } }\n',
  ],
  dictionary: [
    ...[
      'sites:',
      'to: ',
      'routes:',
      'tls: ',
      'auth: ',
      'limits:',
      'listen:',
      'acme:',
      'logs:',
      'headers:',
      '${SECRET}',
      '${',
      '$${',
    ],
    ...[
      ': ',
      '\n  ',
      '\n',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '"',
      "'",
      '#',
      '|',
      '>',
      '!!map ',
      '!!binary ',
      '? ',
      '<<: *a',
      '---\n',
    ],
    ...[
      '8080',
      'off',
      'internal',
      'a.example',
      '10s',
      '64KiB',
      '-1',
      '1e400',
      '.nan',
      '0x10',
      'null',
      '\t',
      '\ufeff',
      '__proto__: ',
    ],
  ],
  mostBytes: 1500,
  check(input) {
    writeFileSync(file, input);
    try {
      const { warnings } = readSettings(file, world);
      return warnings.length > 0 ? 'read, warnings' : 'read';
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      assert.ok(error.problems.length > 0);
      assert.ok(!error.message.includes('hunter2') && !error.message.includes('99999/x'), error.message);
      return `${Math.min(3, error.problems.length)} problems`;
    }
  },
};
