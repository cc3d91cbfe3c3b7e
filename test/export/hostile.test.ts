import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { servers } from '../../src/migrate/export/rule.ts';
import { needs } from '../support/parts.ts';
import { complaint } from './real-servers.ts';
import { caseDirectory, exportFile, furnish } from './support.ts';

/** Values that would end a word, a line or a block, or stand for something else, were they not quoted. */
const values = [
  ...[
    '"',
    "'",
    '`',
    '\\',
    '\\\\',
    '\\"',
    '";',
    '"; }',
    '}',
    '{',
    '{}',
    '#',
    '# x',
    '$',
    '$host',
    `$\{HOME}`,
    '$1',
    '%',
    '%h',
    '%{x}e',
  ],
  ...[
    '{$HOME}',
    '{http.request.host}',
    '`"',
    '`\\',
    'expr=1',
    'a b',
    '~',
    ';',
    '</Location>',
    '"> x',
    'x\\',
    '&',
    '|',
    '()',
    '!',
    '\'"`',
  ],
];

for (const server of servers) {
  test(
    `no value breaks out of what is written for ${server}`,
    needs('nginx', 'apache2', 'caddy', 'haproxy', 'openssl'),
    async (t) => {
      const directory = await caseDirectory(t, ['app.example.org']);
      const fields = Object.fromEntries(values.map((value, index) => [`X-Value-${index}`, value]));
      const guarded = Object.fromEntries(
        values.map((realm, index) => [`/realm-${index}`, { to: 8080, auth: { basic: 'users.htpasswd', realm } }]),
      );
      const places = values.filter((value) => !value.includes(' '));
      const redirects = Object.fromEntries(
        places.map((value, index) => [`/to-${index}`, { redirect: `/new?x=${value}` }]),
      );
      const escaped = (one: unknown): unknown => JSON.parse(JSON.stringify(one).replaceAll(/\$\{/g, '$$$${'));
      const site = {
        headers: { request: { set: fields }, response: { set: fields } },
        routes: { ...guarded, ...redirects },
      };
      const config = {
        sites: {
          'app.example.org': { tls: { certificate: 'site.pem', key: 'site.key' }, ...(escaped(site) as object) },
        },
      };
      await writeFile(join(directory, 'hostile.yaml'), JSON.stringify(config));
      const { text } = await exportFile(directory, 'hostile.yaml', server);
      await furnish(directory, text);
      assert.equal(await complaint(server, directory, text), '');
      assert.equal(text.includes('\r'), false);
    },
  );
}
