import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ruleOf } from '../../src/migrate/export/ledger.ts';
import { servers } from '../../src/migrate/export/rule.ts';
import { caseDirectory, exportFile } from './support.ts';

/** What of JSON Schema this needs. */
interface Schema {
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
}

function* leaves(schema: Schema, path: readonly string[]): Generator<readonly string[]> {
  const forms = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.items ? [schema.items] : [])];
  for (const form of forms) yield* leaves(form, path);
  for (const [key, below] of Object.entries(schema.properties ?? {})) yield* leaves(below, [...path, key]);
  const { additionalProperties: own } = schema;
  if (typeof own === 'object') yield* leaves(own, [...path, 'x']);
  else if (forms.length === 0 && schema.properties === undefined) yield path;
}

const schema = JSON.parse(await readFile(join(import.meta.dirname, '../../sallyport.schema.json'), 'utf8')) as Schema;
const keys = [...new Set([...leaves(schema, [])].map((path) => path.join('\0')))].map((path) => path.split('\0'));

test('every key of the schema has a verdict for every server', () => {
  assert.ok(keys.length > 200);
  const unknown = keys.flatMap((path) =>
    servers
      .filter((server) => ruleOf(path, server).note.includes('does not know'))
      .map((server) => `${server} ${path.join('.')}`),
  );
  assert.deepEqual(unknown, []);
});

test('a verdict that is not plainly good says what differs', () => {
  for (const path of keys)
    for (const server of servers) {
      const { verdict, note } = ruleOf(path, server);
      assert.ok(verdict === 'carried' || note !== '', `${server} ${path.join('.')}`);
    }
});

test('verdicts name keys whose values are secrets, not the values', async (t) => {
  const directory = await caseDirectory(t, ['own.example.org']);
  const { judged } = await exportFile(directory, 'everything.yaml', 'haproxy');
  const said = judged.map(({ directive }) => directive).join('\n');
  for (const key of ['eab.hmac: …', 'dns.token: …', 'environment.DATABASE: …']) assert.ok(said.includes(key), key);
});
