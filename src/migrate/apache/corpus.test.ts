import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { World } from '../../control/config/compile.ts';
import { ConfigError } from '../../control/config/problems.ts';
import { readSettings } from '../../control/config/read-settings.ts';
import type { FileTree } from '../file-tree.ts';
import type { Imported } from '../verdict.ts';
import { writeYaml } from '../write-yaml.ts';
import { everyDirective } from './directive.ts';
import { importApache } from './import-apache.ts';
import { readApache } from './read.ts';

/**
 * Each file of `corpus/` is one configuration of Apache and what it becomes: the files after lines `=== PATH`, what is written after
 * `>>> sallyport.yaml`, and the verdicts. `UPDATE_CORPUS=1` writes the last two anew, to be read before they are committed.
 */
const corpus = join(import.meta.dirname, 'corpus');
const directory = mkdtempSync(join(tmpdir(), 'sallyport-apache-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const world: World = { environment: {}, home: '/root', isRoot: true, now: 0, openFiles: 1024, processors: 1 };

interface Entry {
  readonly files: ReadonlyMap<string, string>;
  readonly result: string;
}

function entryOf(text: string): Entry {
  const [inputs = '', ...rest] = text.split(/^(?=>>> sallyport\.yaml$)/m);
  const files = new Map<string, string>();
  for (const part of inputs.split(/^=== /m).slice(1)) {
    const end = part.indexOf('\n');
    files.set(part.slice(0, end), part.slice(end + 1));
  }
  return { files, result: rest.join('') };
}

function treeOf(files: ReadonlyMap<string, string>): FileTree {
  return {
    read(path) {
      const text = files.get(path);
      if (text !== undefined) return { text };
      return { error: [...files.keys()].some((file) => file.startsWith(`${path}/`)) ? 'EISDIR' : 'ENOENT' };
    },
    list(path) {
      const below = [...files.keys()].filter((file) => file.startsWith(`${path}/`));
      return [...new Set(below.map((file) => file.slice(path.length + 1).replace(/\/.*/s, '')))];
    },
  };
}

function resultOf({ config, judged, comments }: Imported): string {
  const yaml = config === null ? '(nothing)\n' : writeYaml(config, comments);
  const lines = judged.map(
    ({ file, line, verdict, directive, note }) => `${file}:${line}: ${verdict}  ${directive}${note && `  ${note}`}`,
  );
  return `>>> sallyport.yaml\n${yaml}>>> verdicts\n${lines.join('\n')}\n`;
}

for (const name of readdirSync(corpus).sort()) {
  const place = join(corpus, name);
  const entry = entryOf(readFileSync(place, 'utf8'));
  const [first = ''] = entry.files.keys();
  const tree = treeOf(entry.files);

  test(`${name} becomes the configuration and the verdicts beside it`, () => {
    const result = resultOf(importApache({ files: [first], directory: '/', options: {} }, tree));
    if (process.env.UPDATE_CORPUS) {
      const inputs = [...entry.files].map(([path, text]) => `=== ${path}\n${text}`).join('');
      writeFileSync(place, inputs + result);
    } else assert.equal(result, entry.result);
  });

  test(`${name}: every directive has its verdict, and what is written is valid`, () => {
    const { directives } = readApache({ paths: [first], directory: '/', files: tree });
    const { config, judged, comments } = importApache({ files: [first], directory: '/', options: {} }, tree);
    assert.deepEqual(
      judged.map(({ file, line }) => [file, line]),
      everyDirective(directives).map(({ at }) => [at.file, at.line]),
    );
    for (const { note, verdict } of judged) if (verdict !== 'carried') assert.notEqual(note, '');
    if (config !== null) assert.deepEqual(problemsOf(writeYaml(config, comments)), []);
  });
}

/** What is wrong with a configuration, but for files that this machine has not. */
function problemsOf(yaml: string): string[] {
  const file = join(directory, 'sallyport.yaml');
  writeFileSync(file, yaml);
  try {
    readSettings(file, world);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems
      .map(({ message }) => message)
      .filter((message) => !/no such file|does not exist|cannot read|ENOENT|no such (?:user|group)/i.test(message));
  }
}
