import assert from 'node:assert/strict';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { Judged } from '../../src/migrate/verdict.ts';
import { needs } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { sharedScope } from '../support/scope.ts';
import { type Answer, askServer, type Question, startApp } from './echo.ts';
import { complaint, startServer } from './real-servers.ts';
import { caseDirectory, exportFile } from './support.ts';

const parts = needs('haproxy', 'openssl');
const scope = sharedScope();

/** Values in which a careless writer would see something of HAProxy's language. */
const printable = fc.string({ unit: fc.constantFrom(...'ab \t"\'\\#%[]{}()$,;~^|`'), minLength: 1, maxLength: 30 });
const values = [
  ...[
    '',
    'if',
    'unless',
    '}',
    '{ src 0.0.0.0/0 }',
    '"',
    "'",
    '\\',
    '#',
    '%',
    '%%',
    '%[src]',
    '%{+Q}o',
    '$HOME',
    '\\x20',
    '\\n',
  ],
  ...[
    '"$HOME"',
    `it's "both" \\ %[src] # $x`,
    'a  b   c',
    'a\tb',
    '\\1',
    'a"b\'c\\',
    "' if TRUE",
    '%ci',
    'str(x),lower',
  ],
  ...fc.sample(printable, { numRuns: 40, seed: 2026 }).map((value) => value.trim().replaceAll('${', '{$')),
];
const realms = ['a "b" c', "it's", 'back\\slash', '%[src] $HOME # {x}', 'two  blanks'];
const locations = ['/new?x=%41&y=$1#top', "https://elsewhere.example.org/it's%20here?a=%5B%%", '/a"b\\c{d}[e]'];

const oddNames = [`it's`, '"quoted" #1', 'back\\slash', '$HOME', 'büro', 'if', '}'];

/** Gives all of them the password of alice, in a file `odd`. */
async function writeOddUsers(place: string): Promise<void> {
  const hash = (await readFile(join(place, 'users.htpasswd'), 'utf8')).split('\n')[0]?.replace('alice', '') ?? '';
  await writeFile(join(place, 'odd'), oddNames.map((name) => `${name}${hash}\n`).join(''));
}

let ask: (path: string, question?: Question) => Promise<Answer>;
let judged: readonly Judged[];

before(async () => {
  if (parts.skip) return;
  const realmNames = realms.map((_, index) => `r${index}.example.org`);
  const directory = await caseDirectory(scope, ['app.example.org', ...realmNames]);
  await writeOddUsers(directory);
  const app = await startApp(scope, 0);
  const [http, https] = [await freePort(), await freePort()];
  const tls = { certificate: join(directory, 'site.pem'), key: join(directory, 'site.key') };
  const fields = (from: number, to: number): Record<string, string> =>
    Object.fromEntries(values.slice(from, to).map((value, index) => [`X-V-${from + index}`, value]));
  const configuration = {
    listen: { http: `127.0.0.1:${http}`, https: `127.0.0.1:${https}` },
    logs: { access: 'off' },
    sites: {
      'app.example.org': {
        tls,
        routes: {
          '/values': { to: app, headers: { request: { set: fields(0, 40), add: fields(40, 80) } } },
          '/answers': { to: app, headers: { response: { set: fields(0, 40), add: fields(40, 80) } } },
          ...Object.fromEntries(locations.map((redirect, index) => [`/moved${index}`, { redirect }])),
        },
      },
      ...Object.fromEntries(
        realmNames.map((name, index) => {
          const basic = join(directory, index === 1 ? 'odd' : 'users.htpasswd');
          return [name, { tls, to: app, auth: { basic, realm: realms[index], session: false } }];
        }),
      ),
    },
  };
  await writeFile(join(directory, 'words.yaml'), stringify(configuration));
  const { text, judged: verdicts } = await exportFile(directory, 'words.yaml', 'haproxy');
  judged = verdicts;
  await startServer(scope, 'haproxy', { directory, text, port: https });
  const ca = await readFile(join(directory, 'ca.pem'), 'utf8');
  ask = (path, question) => askServer({ http, https, ca }, path, question);
});

const valuesIn = (headers: IncomingHttpHeaders | undefined): unknown[] =>
  values.map((_, index) => headers?.[`x-v-${index}`]);

test('an app gets every value of a field letter for letter', parts, async () => {
  const { told } = await ask('/values');
  assert.deepEqual(valuesIn(told?.headers), values);
});

test('a client gets every value of a field letter for letter', parts, async () => {
  assert.deepEqual(valuesIn((await ask('/answers')).headers), values);
});

test('redirects lead where they are written to lead', parts, async () => {
  for (const [index, location] of locations.entries()) {
    const { status, headers } = await ask(`/moved${index}`);
    assert.deepEqual([status, headers.location], [302, location]);
  }
});

test('browsers are shown the realm as it is written', parts, async () => {
  for (const [index, realm] of realms.entries()) {
    const { headers } = await ask('/', { host: `r${index}.example.org` });
    assert.equal(headers['www-authenticate'], `Basic realm="${realm.replaceAll(/[\\"]/g, '\\$&')}"`);
  }
});

test('users with hashes that crypt(3) knows get in, others are told in the verdicts', parts, async () => {
  const statusFor = async (user: string): Promise<number> => {
    const headers = { Authorization: `Basic ${Buffer.from(user).toString('base64')}` };
    return (await ask('/', { host: 'r0.example.org', headers })).status;
  };
  assert.deepEqual(
    await Promise.all(['alice:correct horse', 'bob:correct horse', 'alice:x', 'carol:correct horse'].map(statusFor)),
    [200, 200, 401, 401],
  );
  const { verdict, note } = judged.find(({ directive }) => directive.includes('auth.basic')) ?? assert.fail();
  assert.equal(verdict, 'refused');
  assert.match(note, /carol \(apr1\)/);
});

test('users of any name get in', parts, async () => {
  for (const name of oddNames) {
    const headers = { Authorization: `Basic ${Buffer.from(`${name}:correct horse`).toString('base64')}` };
    const { status, told } = await ask('/', { host: 'r1.example.org', headers });
    const user = Buffer.from(String(told?.headers['x-remote-user']), 'latin1').toString();
    assert.deepEqual([status, user], [200, name]);
  }
});

test(
  'names of files and users that look like HAProxy’s language are taken, and control characters are not',
  parts,
  async (t) => {
    const odd = join(await caseDirectory(t, ['own.example.org', '127.0.0.1', '::1']), `it's a "dir" #1 $x %[src] }`);
    await mkdir(odd);
    for (const name of ['site.pem', 'site.key', 'ca.pem']) await cp(join(odd, '..', name), join(odd, name));
    await symlink('site.key', join(odd, 'site.pem.key'));
    await writeOddUsers(join(odd, '..'));
    await cp(join(odd, '../odd'), join(odd, 'users'));
    const configuration = {
      listen: { http: '[::1]:8080', https: '[::1]:8443' },
      resolvers: ['10.0.0.53', '[fd00::53]:5353'],
      sites: {
        'own.example.org': {
          aliases: ['127.0.0.1', '::1'],
          tls: { certificate: join(odd, 'site.pem'), key: join(odd, 'site.key') },
          clientCertificates: { ca: join(odd, 'ca.pem') },
          auth: { basic: join(odd, 'users') },
          routes: {
            '/': {
              to: [{ url: 'https://app.example.org:8443', caFile: join(odd, 'ca.pem'), weight: 1000 }, 'h2://[::1]:9'],
            },
            "/it's%20$x(y)&z=~!": `unix:${join(odd, 'app.sock')}`,
            '/if': { to: 8080, stripPrefix: true },
          },
        },
      },
    };
    await writeFile(join(odd, 'odd.yaml'), stringify(configuration));
    const { text } = await exportFile(odd, 'odd.yaml', 'haproxy');
    assert.equal(await complaint('haproxy', odd, text), '');
    assert.equal(text.match(/^ {4}user .* password/gm)?.length, oddNames.length);
    const socket = `unix:${join(odd, 'a\u0007b.sock')}`;
    await writeFile(join(odd, 'bad.yaml'), stringify({ sites: { 'own.example.org': socket } }));
    await assert.rejects(exportFile(odd, 'bad.yaml', 'haproxy'), /cannot be written for haproxy/);
  },
);
