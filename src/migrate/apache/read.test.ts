// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the strings that users write
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../model/errors.ts';
import type { FileTree } from '../file-tree.ts';
import { everyDirective } from './directive.ts';
import { importApache } from './import-apache.ts';
import { readApache } from './read.ts';
import { readPathPattern } from './rewrite-pattern.ts';
import { splitWords } from './words.ts';

function treeOf(files: Readonly<Record<string, string>>): FileTree {
  return {
    read(path) {
      const text = Object.hasOwn(files, path) ? files[path] : undefined;
      if (text !== undefined) return { text };
      return { error: Object.keys(files).some((file) => file.startsWith(`${path}/`)) ? 'EISDIR' : 'ENOENT' };
    },
    list(path) {
      const below = Object.keys(files).filter((file) => file.startsWith(`${path}/`));
      return [...new Set(below.map((file) => file.slice(path.length + 1).replace(/\/.*/s, '')))];
    },
  };
}

function read(text: string, more: Readonly<Record<string, string>> = {}): ReturnType<typeof readApache> {
  return readApache({
    paths: ['a.conf'],
    directory: '/etc/apache2',
    files: treeOf({ '/etc/apache2/a.conf': text, ...more }),
  });
}

/** Each directive as `line:column name words`. */
function shown(text: string, more: Readonly<Record<string, string>> = {}): string[] {
  return everyDirective(read(text, more).directives).map(({ at, key, words }) =>
    `${at.line}:${at.column} ${key} ${words.join('|')}`.trim(),
  );
}

function failure(text: string, more: Readonly<Record<string, string>> = {}): string {
  try {
    read(text, more);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    assert.equal(error.exitCode, 2);
    const { at } = error;
    return `${at ? `${at.file}:${at.line}:${at.column}: ` : ''}${error.message}`;
  }
  assert.fail('it was read');
}

test('names do not heed case, a backslash joins lines, comments are lines of their own', () => {
  const text = 'proxypass /a \\\n  http://b/\n# a comment \\\nthat goes on\n\n  SERVERNAME x # no comment\n';
  assert.deepEqual(shown(text), ['1:1 proxypass /a|http://b/', '6:3 servername x|#|no|comment']);
});

test('quotes of both kinds hold words together, a backslash takes their meaning away', () => {
  assert.deepEqual(splitWords(`a "b c" 'd "e"' "f\\"g" h\\"i "" j\\\\k`).words, [
    'a',
    'b c',
    'd "e"',
    'f"g',
    'h\\"i',
    '',
    'j\\k',
  ]);
  assert.equal(splitWords('a "b').unclosed, 2);
});

test('sections hold what stands in them, whatever the case of their names', () => {
  assert.deepEqual(
    shown('<VirtualHost *:443 [::1]:443>\n <location "/a b">\n  Require all granted\n </LOCATION>\n</virtualhost>\n'),
    ['1:1 <virtualhost *:443|[::1]:443', '2:2 <location /a b', '3:3 require all|granted'],
  );
});

test('the last Define of a name holds everywhere; Debian’s own names and those of envvars are known', () => {
  const text = 'Define A 1\nX ${A} ${APACHE_LOG_DIR} ${APACHE_RUN_USER} ${map:key} ${NOBODY}\nDefine A 2\n';
  const envvars = 'export APACHE_RUN_USER=web\nexport APACHE_LOG_DIR=/srv/log$SUFFIX\nexport ODD=$(id)\n';
  const more = { '/etc/apache2/envvars': envvars };
  assert.equal(shown(text, more)[1], '2:1 x 2|/srv/log|web|${map:key}|${NOBODY}');
  assert.deepEqual(everyDirective(read(text, more).directives)[1]?.undefinedNames, ['NOBODY']);
});

test('conditions decide what counts while reading, so that a Define within one does not', () => {
  const text =
    '<IfDefine NO>\nDefine A x\nInclude b.conf\n</IfDefine>\n<IfModule !mod_ssl.c>\nB\n</IfModule>\n<IfVersion >= 2.4>\nC\n</IfVersion>\n';
  const active = everyDirective(read(text).directives).filter(({ active }) => active);
  assert.deepEqual(
    active.map(({ key }) => key),
    ['<ifdefine', '<ifmodule', '<ifversion', 'c'],
  );
});

test('Include reads files, patterns in the order of names, and directories, relative to ServerRoot', () => {
  const more = {
    '/srv/b.conf': 'B',
    '/srv/d/2.conf': 'Two',
    '/srv/d/1.conf': 'One',
    '/srv/d/.hidden': 'Hidden',
    '/srv/e/f/g': 'G',
  };
  const text =
    'ServerRoot /srv\nInclude b.conf\nIncludeOptional d/*.conf\nIncludeOptional none/*.conf\nInclude e\nInclude nowhere.conf\n';
  const all = everyDirective(read(text, more).directives);
  assert.deepEqual(
    all.map(({ key, absence }) => `${key} ${absence}`.trim()),
    [
      ...['serverroot', 'include', 'b', 'includeoptional', 'one', 'two'],
      ...['includeoptional no file matches /srv/none/*.conf', 'include', 'g', 'include there is no /srv/nowhere.conf'],
    ],
  );
});

for (const [text, message] of [
  ['<VirtualHost *:80>\n', 'a.conf:1:1: <VirtualHost> is not closed in this file; wanted </VirtualHost>'],
  ['A\n</Location>\n', 'a.conf:2:1: </Location> closes nothing'],
  [
    '<Location /a>\n</VirtualHost>\n',
    'a.conf:2:1: </VirtualHost> where </Location> is wanted, for line 1 opened <Location>',
  ],
  ['  <Location /a\n', 'a.conf:1:3: <Location without its closing bracket; wanted <Location …>'],
  ['Header set X "a\n', 'a.conf:1:14: a quote that is not closed'],
  ['A\n  b\0c\n', 'a.conf:2:4: a NUL in a configuration; wanted text'],
  ['<>\n', 'a.conf:1:1: "<>" is not a section'],
  ['Include a.conf\n', '/etc/apache2/a.conf:1:1: files that include files, more than 20 deep'],
  ['<A>\n'.repeat(60), 'a.conf:42:1: sections within sections, more than 40 deep'],
] as const) {
  test(`what is not the language is told with its place: ${message.slice(0, 60)}`, () => {
    assert.equal(failure(text), message);
  });
}

test('files that include each other many times over come to an end', () => {
  const twice = (name: string): string => `Include ${name}.conf\nInclude ${name}.conf\n`;
  const more = Object.fromEntries(
    [...'bcdefghijklmnop'].map((name, index, all) => [`/etc/apache2/${name}.conf`, twice(all[index + 1] ?? 'z')]),
  );
  assert.match(failure(twice('b'), { ...more, '/etc/apache2/z.conf': 'A\n' }), /more than 2000 files/);
});

test('a file that is not there is told by its name', () => {
  const files = treeOf({});
  assert.throws(
    () => readApache({ paths: ['x.conf'], directory: '/', files }),
    /^UserError: cannot read x\.conf; there is no such file$/,
  );
});

test('only expressions that say how a path begins become paths', () => {
  const paths = (pattern: string): unknown => readPathPattern(pattern)?.path ?? null;
  assert.deepEqual(['^/app/(.*)$', '^/?(.*)', '^(.*)$', '/(.*)', '^/a\\.b', '^/a(/.*)?$', '^/a$'].map(paths), [
    '/app/',
    '/',
    '/',
    '/',
    '/a.b',
    '/a',
    '/a',
  ]);
  assert.deepEqual(['^/(a|b)', '\\.php$', '^/a+', '^/[a-z]', '^$', '(?i)^/a', '^/a.*b'].map(paths), [
    null,
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
});

test('any text is read, or refused with exit code 2; every directive has its verdict', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '<VirtualHost *:443>',
      '</VirtualHost>',
      '<Location /a>',
      '</Location>',
      '<IfModule x>',
      '</IfModule>',
    ),
    fc.constantFrom(
      'ServerName a.test',
      'SSLEngine on',
      'ProxyPass / http://a:1/',
      'ProxyPass /b !',
      'Redirect / https://b/',
      'RewriteEngine on',
    ),
    fc.constantFrom(
      'RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R]',
      'Require valid-user',
      'Deny from all',
      'Header set A "b',
      '\\',
      '"',
    ),
    fc.string({ unit: 'binary', maxLength: 30 }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const files = treeOf({ '/a.conf': lines.join('\n') });
      try {
        const { judged } = importApache({ files: ['a.conf'], directory: '/', options: {} }, files);
        assert.equal(
          judged.length,
          everyDirective(readApache({ paths: ['a.conf'], directory: '/', files }).directives).length,
        );
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        assert.equal(error.exitCode, 2);
      }
    }),
    { numRuns: 300 },
  );
});
