import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { defaultLimits } from '../../model/limits.ts';
import { configJsonSchema } from './json-schema.ts';
import { parseDuration, parseSize } from './quantity.ts';

const root = join(import.meta.dirname, '../../..');

test('the schema that is shipped is the one that validates (npm run schema writes it)', () => {
  const shipped = readFileSync(join(root, 'sallyport.schema.json'), 'utf8');
  assert.equal(shipped, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
});

test('every key is described, with a default or an example unless it is only a holder of others', () => {
  const keys: [string, Record<string, unknown>][] = [];
  const walk = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [name, value] of Object.entries(schema)) {
      if (name === 'properties' && typeof value === 'object' && value !== null) {
        for (const [key, member] of Object.entries(value))
          keys.push([`${path}.${key}`, z.record(z.string(), z.unknown()).parse(member)]);
      }
      if (name !== 'default' && name !== 'examples') walk(value, `${path}.${name}`);
    }
  };
  walk(configJsonSchema(), '');
  assert.ok(keys.length > 40);
  for (const [path, schema] of keys) {
    assert.equal(typeof schema.description, 'string', path);
    assert.ok('default' in schema || 'examples' in schema || 'properties' in schema, path);
  }
});

test('the defaults it names are those that are used', () => {
  const shape = z.object({
    properties: z.object({
      limits: z.object({ properties: z.record(z.string(), z.object({ default: z.union([z.string(), z.number()]) })) }),
    }),
  });
  const described = shape.parse(configJsonSchema()).properties.limits.properties;
  assert.deepEqual(Object.keys(described).sort(), Object.keys(defaultLimits).sort());
  for (const [name, value] of Object.entries(defaultLimits)) {
    if (name === 'connections') continue;
    const written = described[name]?.default ?? '';
    const parse = name === 'headBytes' ? parseSize : parseDuration;
    assert.equal(typeof written === 'number' ? written : parse(written).value, value, name);
  }
});
