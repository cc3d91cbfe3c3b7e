// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the strings that users write
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../model/errors.ts';
import type { FileTree } from '../file-tree.ts';
import { expandGlob } from '../glob.ts';
import { importNginx } from './import-nginx.ts';
import { loadNginx } from './load.ts';
import { type Directive, parseNginx } from './parse.ts';

function words(text: string): string[] {
  return parseNginx('f', text).map(({ name, args }) => [name, ...args].join('|'));
}

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.exitCode, 2);
    return `${error.at?.line}:${error.at?.column} ${error.message}`;
  }
  return 'read';
}

function treeOf(files: Readonly<Record<string, string>>): FileTree {
  return {
    read: (path) => (Object.hasOwn(files, path) ? { text: files[path] ?? '' } : { error: 'ENOENT' }),
    list: (path) => {
      const directory = path === '/' ? path : `${path}/`;
      const below = Object.keys(files).filter((file) => file.startsWith(directory));
      return [...new Set(below.map((file) => file.slice(directory.length).split('/')[0] ?? ''))];
    },
  };
}

suite("nginx's configuration language", () => {
  test('words end at white space, semicolons and braces', () => {
    assert.deepEqual(words('a b\tc;d;\r\ne\n f;'), ['a|b|c', 'd', 'e|f']);
    assert.deepEqual(words('server{listen 80;}'), ['server']);
  });

  test('quotes hold white space and marks, and escapes are resolved as nginx does', () => {
    assert.deepEqual(words(`a "b; {c}" 'd"e' "f\\"g" h\\ i 'j\\n' \\w;`), [`a|b; {c}|d"e|f"g|h\\ i|j\n|\\w`]);
    assert.deepEqual(words('a "" b;'), ['a||b']);
  });

  test('the brace of a variable is no block, and a } within a word is none either', () => {
    assert.deepEqual(words('a ${b}c $d}e;'), ['a|${b}c|$d}e']);
  });

  test('a # is a comment only where a word could begin', () => {
    assert.deepEqual(words('a b#c # d;\n e; # f\n#g'), ['a|b#c|e']);
  });

  test('each directive knows its place', () => {
    const [, second] = parseNginx('f', 'a;\n  b {\n    c;\n  }\n');
    assert.deepEqual(second?.at, { file: 'f', line: 2, column: 3 });
    assert.deepEqual(second?.block?.[0]?.at, { file: 'f', line: 3, column: 5 });
  });

  test('a block of Lua is passed over whole', () => {
    assert.deepEqual(words('content_by_lua_block { x = "}" -- }\n if y then {} end }\na;'), [
      'content_by_lua_block',
      'a',
    ]);
  });

  test('what nginx could not read is refused with its place', () => {
    assert.equal(
      refusal(() => words('a b')),
      '1:1 "a" without its ; or {',
    );
    assert.equal(
      refusal(() => words('a {\n b;')),
      '1:3 a block that is not closed',
    );
    assert.equal(
      refusal(() => words('a;\n}')),
      '2:1 a } that closes no block',
    );
    assert.equal(
      refusal(() => words('a { b }')),
      '1:5 "b" is not ended before the }',
    );
    assert.equal(
      refusal(() => words(';')),
      '1:1 a ; without a directive before it',
    );
    assert.equal(
      refusal(() => words('a "b')),
      `1:3 a quote " that is not closed`,
    );
    assert.equal(
      refusal(() => words('a "b"c;')),
      '1:6 "c" right after a closing quote',
    );
    assert.equal(
      refusal(() => words('a \0;')),
      '1:3 a NUL character',
    );
    assert.equal(
      refusal(() => words('a {'.repeat(40))),
      '1:99 blocks more than 32 deep',
    );
  });

  test('any text is read or refused with a place, and what is read can be written and read again', () => {
    const piece = fc.oneof(
      fc.constantFrom('a', ';', '{', '}', '"', "'", '\\', '$', '${', '#', '\n', ' ', '\0'),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
        (text) => {
          let read: readonly Directive[];
          try {
            read = parseNginx('f', text);
          } catch (error) {
            assert.ok(error instanceof UserError && error.at !== undefined, String(error));
            return;
          }
          assert.deepEqual(plain(parseNginx('f', read.map(written).join('\n'))), plain(read));
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** In quotes, all that quotes let through as it is. */
function written({ name, args, block }: Directive): string {
  const quoted = [name, ...args].map((word) => `"${word.replace(/["\\]/g, '\\$&')}"`).join(' ');
  return block === null ? `${quoted};` : `${quoted} {${block.map(written).join('\n')}}`;
}

function plain(directives: readonly Directive[]): unknown {
  return directives.map(({ name, args, block }) => [name, args, block && plain(block)]);
}

suite('files that nginx includes', () => {
  const load = (files: Readonly<Record<string, string>>, prefix?: string) =>
    loadNginx('/etc/nginx/nginx.conf', {
      files: treeOf(files),
      directory: '/',
      ...(prefix !== undefined && { prefix }),
    });
  const names = (directives: readonly Directive[]) =>
    directives.map(({ name }) => name).filter((name) => name !== 'include');

  test('stand where they are included, those of a pattern in order of their names', () => {
    const { directives } = load({
      '/etc/nginx/nginx.conf': 'a; include conf.d/*.conf; z;',
      '/etc/nginx/conf.d/2.conf': 'c;',
      '/etc/nginx/conf.d/1.conf': 'b;',
      '/etc/nginx/conf.d/.hidden.conf': 'x;',
      '/etc/nginx/conf.d/1.conf.bak': 'x;',
    });
    assert.deepEqual(names(directives), ['a', 'b', 'c', 'z']);
  });

  test('with a prefix are those below it, whatever the machine has in /etc/nginx', () => {
    const files = {
      '/etc/nginx/nginx.conf': 'include /etc/nginx/a.conf; include a.conf;',
      '/etc/nginx/a.conf': 'wrong;',
      '/copy/a.conf': 'right;',
    };
    assert.deepEqual(names(load(files, '/copy').directives), ['right', 'right']);
    assert.equal(load(files, '/copy').prefix, '/etc/nginx');
  });

  test('that include themselves are refused', () => {
    const files = {
      '/etc/nginx/nginx.conf': 'include a;',
      '/etc/nginx/a': '\n include b;',
      '/etc/nginx/b': 'include a;',
    };
    assert.equal(
      refusal(() => load(files)),
      '1:1 /etc/nginx/a includes itself',
    );
  });

  test('are told with their own place when they cannot be read', () => {
    assert.equal(
      refusal(() => load({ '/etc/nginx/nginx.conf': 'include a;', '/etc/nginx/a': 'b {' })),
      '1:3 a block that is not closed',
    );
  });

  test('patterns are those of glob(3)', () => {
    const files = treeOf({ '/d/a1.conf': '', '/d/b2.conf': '', '/d/c.conf': '', '/e/a1.conf': '' });
    assert.deepEqual(expandGlob('/d/[ab]?.conf', files), ['/d/a1.conf', '/d/b2.conf']);
    assert.deepEqual(expandGlob('/?/[!bc]*.conf', files), ['/d/a1.conf', '/e/a1.conf']);
    assert.deepEqual(expandGlob('/d/*.none', files), []);
    assert.deepEqual(expandGlob('/d/[z-a]', files), []);
  });
});

test('a server without a name takes the one that is given', () => {
  const files = treeOf({ '/x': 'server { listen 80; server_name _; location / { proxy_pass http://127.0.0.1:1; } }' });
  const run = (options: Readonly<Record<string, string>>) =>
    importNginx({ files: ['x'], directory: '/', options }, files).config;
  assert.equal(run({}), null);
  assert.deepEqual(Object.keys(run({ name: 'App.Example.org' })?.sites ?? {}), ['app.example.org']);
  assert.match(
    refusal(() => run({ name: 'a b' })),
    /--name "a b" is not a host name/,
  );
});
