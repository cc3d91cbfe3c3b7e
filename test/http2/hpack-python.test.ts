import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { FieldSection, SectionKind } from '../../src/wire/http2/fields/field-section.ts';
import { Decoder, longestLine } from '../../src/wire/http2/hpack/decoder.ts';
import { Encoder } from '../../src/wire/http2/hpack/encoder.ts';
import { fieldsOf } from './gate.ts';
import { pythonMissing, runPython } from './python.ts';

const name = fc.oneof(
  fc.constantFrom('server', 'date', 'cache-control', 'etag', 'set-cookie', 'content-type', 'vary', 'x-a', 'x-b'),
  fc.stringMatching(/^[a-z0-9-]{1,30}$/),
);
const value = fc.oneof(
  fc.constantFrom('', 'a', 'gzip, deflate', 'no-cache'),
  fc.stringMatching(/^[!-~]{0,60}$/),
  fc.constant('v'.repeat(1500)),
);
const head = fc.array(fc.tuple(name, value), { maxLength: 15 });
const connection = fc.array(fc.record({ fields: head, size: fc.option(fc.integer({ min: 0, max: 4096 })) }), {
  minLength: 1,
  maxLength: 12,
});
const connections = (seed: number) => fc.sample(connection, { numRuns: 150, seed });

test('blocks of another encoder are decoded, with and without Huffman coding, through changes of the table size', {
  skip: pythonMissing,
}, async () => {
  const list = connections(1).map((blocks, index) =>
    blocks.map(({ fields, size }) => ({
      fields: fields.map(([field, text]) => [field, text, field === 'set-cookie'] as const),
      size,
      huffman: index % 3 !== 0,
    })),
  );
  const encoded = z.array(z.array(z.string())).parse(await runPython('hpack_peer.py', list));
  const section = new FieldSection(65536, 200, longestLine(65536, 4096));
  for (const [index, blocks] of list.entries()) {
    const decoder = new Decoder(4096, 1 << 24);
    for (const [position, { fields }] of blocks.entries()) {
      const octets = Buffer.from(encoded[index]?.[position] ?? '', 'hex');
      section.begin(SectionKind.RESPONSE);
      assert.equal(decoder.decode(octets, 0, octets.length, section), 0);
      const wanted = fields.map(([field, text]) => `${field}: ${text}\r\n`).join('');
      assert.equal(section.bytes.toString('latin1', 0, section.end), wanted);
    }
  }
});

test('our blocks are decoded by another decoder', { skip: pythonMissing }, async () => {
  const list = connections(2);
  const blocks = list.map((heads) => {
    const encoder = new Encoder();
    return heads.map(({ fields }) => {
      const shape = fieldsOf(fields.map(([field, text]) => [field.toUpperCase(), text]));
      const out = Buffer.alloc(65536);
      const at = encoder.fields(out, encoder.status(out, encoder.begin(out, 0), 299), shape);
      return { block: out.toString('hex', 0, at) };
    });
  });
  const decoded = z
    .array(z.array(z.array(z.tuple([z.string(), z.string(), z.boolean()]))))
    .parse(await runPython('hpack_peer.py', blocks));
  const secret = new Set(['set-cookie', 'authorization', 'proxy-authorization', 'cookie']);
  for (const [index, heads] of list.entries()) {
    for (const [position, { fields }] of heads.entries()) {
      const wanted = fields
        .filter(
          ([field]) =>
            !['connection', 'upgrade', 'keep-alive', 'transfer-encoding', 'proxy-connection'].includes(field),
        )
        .map(([field, text]) => [field, text, secret.has(field)]);
      assert.deepEqual(decoded[index]?.[position], [[':status', '299', false], ...wanted]);
    }
  }
});
