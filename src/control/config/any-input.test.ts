// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the strings that users write
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { World } from './compile.ts';
import { ConfigError } from './problems.ts';
import { readSettings, settingsFromObject } from './read-settings.ts';

const secret = 'hunter2-correct-horse:99999/x';
const world: World = {
  environment: { SECRET: secret },
  home: '/home/me',
  isRoot: true,
  now: 0,
  openFiles: 1024,
  processors: 1,
};

const words = [
  'sites',
  'to',
  'routes',
  'aliases',
  'tls',
  'headers',
  'request',
  'response',
  'set',
  'add',
  'remove',
  'url',
  'caFile',
];
const more = [
  'listen',
  'http',
  'https',
  'logs',
  'access',
  'limits',
  'headTimeout',
  'connections',
  'trustedProxies',
  'state',
  'control',
];
const key = fc.oneof(
  fc.constantFrom(...words, ...more, 'redirect', 'status', 'certificate', 'key', 'a.example', '/a', 'Host'),
  fc.string(),
);
const leaf = fc.oneof(
  fc.constantFrom(
    '${SECRET}',
    'x${SECRET}y',
    'http://${SECRET}',
    8080,
    'off',
    'internal',
    '/a',
    '10s',
    'https://b.example',
    '$${',
    '${',
    '*a',
    '&a',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
  ),
}));
const value = fc.oneof({ arbitrary: leaf, weight: 4 }, tree);
const some = <T>(shape: Record<string, fc.Arbitrary<T>>) => fc.record(shape, { requiredKeys: [] });
const target = fc.oneof(value, some({ url: value, caFile: value, serverName: value }));
const fields = some<unknown>({
  set: some({ 'X-A': value, Host: value }),
  add: some({ 'X-A': value }),
  remove: fc.array(value),
});
const headers = some<unknown>({ request: fields, response: fields });
const route = fc.oneof(target, some({ to: target, stripPrefix: value, redirect: value, status: value, headers }));
const tls = fc.oneof(value, some({ certificate: value, key: value }));
const routes = some<unknown>({ '/': route, '/a': route });
const site = fc.oneof(target, some<unknown>({ to: target, aliases: fc.array(value), routes, tls, headers }));
const config = fc.oneof(
  tree,
  some<unknown>({
    sites: some({ 'a.example': site, 'b.example': site, nas: site }),
    listen: some({ http: value, https: value }),
    logs: some({ access: value, errors: value, format: value }),
    limits: some({ headTimeout: value, headBytes: value, connections: value }),
    trustedProxies: fc.array(value),
    state: value,
  }),
);

/** What is thrown must be a list of problems that gives no secret away. */
function check(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error instanceof Error ? error.stack : error));
    assert.ok(error.problems.length > 0);
    assert.ok(!error.message.includes('hunter2') && !error.message.includes('99999/x'), error.message);
  }
}

suite('whatever is written is read or refused as a whole, and no secret is shown', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-'));
  after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'sallyport.yaml');
  const readText = (text: string) => {
    writeFileSync(file, text);
    check(() => readSettings(file, world));
  };

  test('objects', () =>
    fc.assert(
      fc.property(config, (object) => check(() => settingsFromObject(object, directory, world))),
      { numRuns: 400 },
    ));
  test('YAML of objects', () =>
    fc.assert(
      fc.property(config, (object) => readText(stringify(object))),
      { numRuns: 200 },
    ));
  test('any text', () => fc.assert(fc.property(fc.string({ unit: 'binary' }), readText), { numRuns: 200 }));

  test('the example with pieces cut out or put in', () => {
    const example = readFileSync(join(import.meta.dirname, '../../../examples/sallyport.yaml'), 'utf8');
    const place = fc.integer({ min: 0, max: example.length });
    const piece = fc.oneof(
      fc.constantFrom('${SECRET}', ':', '\n', '  ', '{', ']', '&a ', '*a', '"', '- ', '#', '!!map '),
      fc.string({ maxLength: 3 }),
    );
    const edit = fc.tuple(place, fc.integer({ min: 0, max: 40 }), piece);
    fc.assert(
      fc.property(edit, ([at, length, text]) => readText(example.slice(0, at) + text + example.slice(at + length))),
      { numRuns: 200 },
    );
  });

  test('an account whose name has something secret in it', () => {
    for (const account of ["user: '${SECRET}x'", "user: root, group: '${SECRET}x'"])
      readText(`sites: { a.example: { app: { run: [node], ${account} } } }`);
  });

  test('the example itself is read without a warning', () => {
    assert.deepEqual(readSettings(join(import.meta.dirname, '../../../examples/sallyport.yaml'), world).warnings, []);
  });
});
