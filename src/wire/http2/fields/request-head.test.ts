import assert from 'node:assert/strict';
import { test } from 'node:test';
import { block, frame, getFields, headers, ScriptedPeer } from '../../../../test/http2/peer.ts';
import { Http2Context } from '../context.ts';
import { FrameType } from '../frames/frame-type.ts';
import { Decoder } from '../hpack/decoder.ts';
import { FieldIds } from './field-ids.ts';
import { SectionKind } from './field-section.ts';
import { KnownName } from './known-names.ts';
import { checkRequest } from './request-rules.ts';

type Pairs = readonly (readonly [string, string])[];

const linesOf = (fields: Pairs): string =>
  ScriptedPeer.greeted().send(headers(1, [...getFields, ...fields])).requests[0]?.fields ?? 'refused';

test('a request becomes the lines of an HTTP/1.1 head with exactly one host', () => {
  assert.equal(linesOf([['accept', '*/*']]), 'accept: */*\r\nhost: example.com\r\n');
  assert.equal(
    linesOf([
      ['host', 'example.com'],
      ['a', 'b'],
    ]),
    'host: example.com\r\na: b\r\n',
  );
});

test('RFC 9113 §8.2.3: the crumbs of a cookie are joined, wherever they stand', () => {
  assert.equal(
    linesOf([
      ['cookie', 'a=1'],
      ['cookie', 'b=2'],
      ['cookie', 'c=3'],
    ]),
    'cookie: a=1; b=2; c=3\r\nhost: example.com\r\n',
  );
  assert.equal(
    linesOf([
      ['cookie', 'a=1'],
      ['x', 'y'],
      ['cookie', 'bb=22'],
      ['z', ''],
      ['cookie', 'c'],
    ]),
    'cookie: a=1; bb=22; c\r\nx: y\r\nz: \r\nhost: example.com\r\n',
  );
});

test('crumbs that are repeated from the table are joined the same', () => {
  const fields: Pairs = [
    ['cookie', 'a=1'],
    ['x', 'y'],
    ['cookie', 'b=2'],
    ['z', 'w'],
    ['cookie', 'c=3'],
    ['last', 'one'],
  ];
  const literals = fields.map(([name, value]) =>
    Buffer.from(`\x40${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`, 'latin1'),
  );
  const indexed = Buffer.from(fields.map((_, index) => 0xbe + fields.length - 1 - index));
  const peer = ScriptedPeer.greeted();
  peer.send(frame(FrameType.HEADERS, 5, 1, Buffer.concat([block(getFields), ...literals])));
  peer.send(frame(FrameType.HEADERS, 5, 3, Buffer.concat([block(getFields), indexed])));
  const wanted = 'cookie: a=1; b=2; c=3\r\nx: y\r\nz: w\r\nlast: one\r\nhost: example.com\r\n';
  assert.deepEqual(
    peer.requests.map((exchange) => exchange.fields),
    [wanted, wanted],
  );
});

test('offsets and known names stay true when lines are joined', () => {
  const peer = ScriptedPeer.greeted();
  peer.send(headers(1, [...getFields, ['cookie', 'a'], ['x', 'y'], ['cookie', 'bcd'], ['content-length', '0']]));
  const { section } = peer.context;
  const pairs = Array.from({ length: section.count }, (_, index) => {
    const [nameStart, nameEnd, valueStart, valueEnd] = section.offsets.subarray(index * 4, index * 4 + 4);
    const name = section.bytes.toString('latin1', nameStart, nameEnd);
    return [name, section.bytes.toString('latin1', valueStart, valueEnd), section.ids[index] !== 0];
  });
  assert.deepEqual(pairs, [
    ['cookie', 'a; bcd', true],
    ['x', 'y', false],
    ['content-length', '0', true],
    ['host', 'example.com', true],
  ]);
});

test('a head is copied into a table of the reader, with the ids of its own numbering', () => {
  const ids = new FieldIds((bytes, start, end) =>
    Buffer.from(bytes).toString('latin1', start, end) === 'x-mine' ? 77 : end - start,
  );
  const context = new Http2Context(undefined, undefined, ids);
  const target = {
    count: 0,
    end: 0,
    bytes: Buffer.alloc(0),
    offsets: new Int32Array(40),
    ids: new Uint8Array(10),
    secret: false,
  };
  const memory = Buffer.alloc(1000);
  const { section } = context;
  section.begin(SectionKind.REQUEST);
  const octets = block([...getFields, ['x-mine', 'v'], ['accept', '*/*']]);
  assert.equal(new Decoder(4096, 1 << 20, ids).decode(octets, 0, octets.length, section), 0);
  assert.equal(checkRequest(section, false), null);
  section.copyTo(target, memory, 100);
  const seen = Array.from({ length: target.count }, (_, index) => [
    target.bytes.toString('latin1', target.offsets[4 * index], target.offsets[4 * index + 3]),
    target.ids[index],
  ]);
  assert.deepEqual(seen, [
    ['x-mine: v', 77],
    ['accept: */*', 6],
    ['host: example.com', 4],
  ]);
  assert.equal(
    memory.toString('latin1', target.offsets[0], target.end),
    'x-mine: v\r\naccept: */*\r\nhost: example.com\r\n',
  );
  const path = section.pseudo[2 * KnownName.PATH]! + 100;
  assert.equal(memory.toString('latin1', path, path + 1), '/');
});

test('a head above the limit is answered by 431 and the connection goes on, its compression state whole', () => {
  const peer = ScriptedPeer.greeted({ headBytes: 1024 });
  peer.send(headers(1, [...getFields, ['x', 'y'.repeat(1200)]]));
  peer.send(headers(3, getFields));
  assert.deepEqual(peer.heads(), [
    { id: 1, end: true, lines: ['431'] },
    { id: 3, end: false, lines: ['200'] },
  ]);
  assert.deepEqual(peer.happenings.refused, ['head too large']);
  assert.equal(peer.context.counters.tooLargeHeads, 1);
});

test('more fields than the limit are answered by 431', () => {
  const peer = ScriptedPeer.greeted({ headFields: 10 });
  peer.send(headers(1, [...getFields, ...Array.from({ length: 11 }, (_, index) => [`x-${index}`, ''] as const)]));
  assert.deepEqual(peer.heads()[0]?.lines, ['431']);
});
