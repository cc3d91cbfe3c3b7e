import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { assertServable } from '../../../test/support/imported.ts';
import type { FileTree } from '../file-tree.ts';
import type { Imported } from '../verdict.ts';
import { writeYaml } from '../write-yaml.ts';
import { importNginx } from './import-nginx.ts';
import { Lexer } from './lexer.ts';

/**
 * Each file of `corpus/`: a case is `=== title`, the file `/etc/nginx/nginx.conf` (further ones after `+++ path`), `>>>`, the
 * sallyport.yaml that is written, `---`, and the verdicts as `sallyport import` prints them.
 */
interface Case {
  readonly title: string;
  readonly files: ReadonlyMap<string, string>;
  readonly yaml: string;
  readonly said: string;
}

const corpus = join(import.meta.dirname, 'corpus');
const main = '/etc/nginx/nginx.conf';

function readCases(name: string): readonly Case[] {
  const blocks = readFileSync(join(corpus, name), 'utf8').split(/^=== /m).slice(1);
  return blocks.map((block) => {
    const match = /^(.*)\n([\s\S]*?)^>>>\n([\s\S]*?)^---\n([\s\S]*)$/m.exec(block);
    assert.ok(match, `not a case: ${block}`);
    const [, title = '', input = '', yaml = '', said = ''] = match;
    const [first = '', ...more] = input.split(/^\+\+\+ /m);
    const files = new Map([[main, first]]);
    for (const file of more) files.set(file.slice(0, file.indexOf('\n')), file.slice(file.indexOf('\n') + 1));
    return { title, files, yaml, said: said.trimEnd() };
  });
}

function treeOf(files: ReadonlyMap<string, string>): FileTree {
  return {
    read: (path) => {
      const text = files.get(path);
      return text === undefined ? { error: 'ENOENT' } : { text };
    },
    list: (path) =>
      [...files.keys()].filter((file) => file.startsWith(`${path}/`)).map((file) => file.slice(path.length + 1)),
  };
}

function run(files: ReadonlyMap<string, string>): Imported {
  return importNginx({ files: ['nginx.conf'], directory: '/etc/nginx', options: {} }, treeOf(files));
}

function printed({ judged }: Imported): string {
  const lines = judged.map(
    ({ file, line, verdict, directive, note }) => `${file}:${line}: ${verdict}  ${directive}${note && `  ${note}`}`,
  );
  return lines.join('\n');
}

/** Directives by their marks, without the entries of tables. */
function countDirectives(text: string): number {
  const lexer = new Lexer('', text);
  let count = 0;
  let first: string | null = null;
  let depth = 0;
  let table = 0;
  for (let token = lexer.next(); token !== null; token = lexer.next()) {
    if (token.kind === 'word') {
      first ??= token.text;
      continue;
    }
    if (token.kind === '}') depth--;
    else if (table === 0) count++;
    if (token.kind === '{') {
      depth++;
      if (table === 0 && ['types', 'map', 'geo', 'split_clients'].includes(first ?? '')) table = depth;
    }
    if (depth < table) table = 0;
    first = null;
  }
  return count;
}

for (const name of readdirSync(corpus)) {
  suite(`configurations of nginx: ${name}`, () => {
    for (const { title, files, yaml, said } of readCases(name)) {
      test(title, () => {
        const imported = run(files);
        const written = imported.config === null ? '' : writeYaml(imported.config, imported.comments);
        assert.equal(written, yaml);
        assert.equal(printed(imported), said);
        if (imported.config !== null) assertServable(imported.config, written);
        const included = [...files].filter(([path]) => !path.includes('/.'));
        const read = included.reduce((sum, [, text]) => sum + countDirectives(text), 0);
        const standIns = imported.judged.filter(({ file }) => file.startsWith('/') && !files.has(file)).length;
        assert.equal(imported.judged.length, read + standIns);
      });
    }
  });
}
