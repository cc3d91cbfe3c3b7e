import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const documents = ['README.md', 'CHANGELOG.md', ...globSync('docs/**/*.md', { cwd: root })];

/** As GitHub makes them of headings. */
function anchorsOf(markdown: string): string[] {
  const headings = markdown.match(/^#+ .*$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

for (const document of documents) {
  const text = readFileSync(join(root, document), 'utf8');

  test(`${document}: links lead to files and headings`, () => {
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? join(root, document) : resolve(root, dirname(document), path);
      assert.ok(existsSync(file), `${link} leads nowhere`);
      if (anchor !== undefined) assert.ok(anchorsOf(readFileSync(file, 'utf8')).includes(anchor), `no heading ${link}`);
    }
  });

  test(`${document}: source files it names are there`, () => {
    const folder = { path: '' };
    for (const line of text.split('\n')) {
      if (line.startsWith('## ')) folder.path = /`(src\/[\w/-]+)`/.exec(line)?.[1] ?? '';
      for (const [, name = ''] of line.matchAll(/`([\w/-]+\.ts)`/g)) {
        const places = [name, join(folder.path, name), join('src/wire/http1', name)];
        assert.ok(
          places.some((place) => existsSync(join(root, place))),
          `${name} is not there`,
        );
      }
    }
  });
}
