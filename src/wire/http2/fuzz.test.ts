import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TestClient } from '../../../test/http2/client.ts';
import { block, frame, getFields, postFields, ScriptedPeer, settings, settingsAck } from '../../../test/http2/peer.ts';
import { clientPreface } from './server-connection.ts';

const streamId = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 9 }) },
  fc.integer({ min: 0, max: 2 ** 31 - 1 }),
);
const fieldBlock = fc.oneof(
  fc.constantFrom(
    block(getFields),
    block(postFields),
    block([...postFields, ['content-length', '4']]),
    block([['x', 'y']]),
  ),
  fc.uint8Array({ maxLength: 60 }).map((octets) => Buffer.from(octets)),
);
const payload = fc.oneof(
  fieldBlock,
  fc.uint8Array({ maxLength: 40 }).map((octets) => Buffer.from(octets)),
  fc.constantFrom(...[4, 5, 6, 8].map((length) => Buffer.alloc(length))),
  fc.nat({ max: 2 ** 31 - 1 }).map((value) => {
    const octets = Buffer.alloc(4);
    octets.writeUInt32BE(value);
    return octets;
  }),
);
const anyFrame = fc
  .record({
    type: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 9 }) }, fc.integer({ min: 0, max: 255 })),
    flags: fc.oneof(fc.constantFrom(0, 1, 4, 5), fc.integer({ min: 0, max: 255 })),
    id: streamId,
    payload,
  })
  .map(({ type, flags, id, payload: octets }) => frame(type, flags, id, octets));
const request = fc
  .record({ id: fc.constantFrom(1, 3, 5, 7, 9, 11), flags: fc.constantFrom(4, 5), octets: fieldBlock })
  .map(({ id, flags, octets }) => frame(1, flags, id, octets));

/** What must hold whatever a peer sends: no exception, output made of whole frames, books that balance. */
function check(pieces: readonly Buffer[]): void {
  const peer = new ScriptedPeer({ outputLimit: 4096, maxConcurrentStreams: 4 });
  peer.send(clientPreface, settings(), settingsAck);
  let tick = 0;
  for (const piece of pieces) {
    peer.sendOnly(piece);
    if (tick++ % 3 === 0) peer.take();
    if (tick % 7 === 0) peer.connection.tick(tick * 1000);
    assert.ok(peer.connection.openStreams <= 4);
  }
  peer.take();
  assert.equal(peer.happenings.failures.length, peer.connection.failed >= 0 ? 1 : 0);
  if (peer.connection.failed >= 0) assert.equal(peer.connection.openStreams, 0);
  assert.equal(peer.context.arenas.made, 1);
  peer.connection.abandon();
  assert.equal(peer.connection.openStreams, 0);
}

test('any frames in any order', () => {
  fc.assert(fc.property(fc.array(fc.oneof(anyFrame, request), { maxLength: 30 }), check), { numRuns: 1500 });
});

test('any octets behind the preface', () => {
  const octets = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
  fc.assert(fc.property(fc.array(octets, { maxLength: 5 }), check), { numRuns: 500 });
});

test('frames with some octets changed', () => {
  const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(
      fc.array(request, { minLength: 1, maxLength: 8 }),
      fc.array(change, { maxLength: 6 }),
      (frames, changes) => {
        const octets = Buffer.concat(frames);
        for (const { at, to } of changes) octets[at % octets.length] = to;
        check([octets]);
      },
    ),
    { numRuns: 500 },
  );
});

/** The same for the client's side: three requests under way, and a server that says anything. */
function checkClient(pieces: readonly Buffer[]): void {
  const client = new TestClient();
  const answers = [
    client.request('GET', '/'),
    client.request('POST', '/', [], Buffer.alloc(100_000)),
    client.request('HEAD', '/'),
  ];
  for (const piece of [settings(), ...pieces]) {
    client.connection.receive(piece, 0, piece.length);
    client.take();
  }
  assert.ok(client.failures.length <= 1);
  client.connection.abandon();
  assert.equal(client.connection.openStreams, 0);
  assert.ok(answers.every(({ early, body }) => early.every((status) => status < 200) && body.length < 10_000));
}

const answerBlock = fc.oneof(
  fc.constantFrom(
    block([[':status', '200']]),
    block([[':status', '103']]),
    block([
      [':status', '204'],
      ['content-length', '2'],
    ]),
    block([['grpc-status', '0']]),
  ),
  fieldBlock,
);
const answer = fc
  .record({ id: fc.constantFrom(1, 3, 5, 7), flags: fc.constantFrom(4, 5), octets: answerBlock })
  .map(({ id, flags, octets }) => frame(1, flags, id, octets));

test('any frames from a server', () => {
  fc.assert(fc.property(fc.array(fc.oneof(anyFrame, answer), { maxLength: 30 }), checkClient), { numRuns: 1000 });
});
