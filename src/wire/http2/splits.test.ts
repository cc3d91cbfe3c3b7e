import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  block,
  data,
  frame,
  get,
  getFields,
  headers,
  ping,
  post,
  rst,
  ScriptedPeer,
  setting,
  settings,
  settingsAck,
  windowUpdate,
} from '../../../test/http2/peer.ts';
import { Flag, FrameType } from './frames/frame-type.ts';
import { clientPreface } from './server-connection.ts';

/** Conversations, good and bad, each octet of which may be where a read ends. */
const corpus: Readonly<Record<string, Buffer>> = {
  'requests of every kind': Buffer.concat([
    clientPreface,
    settings(setting(4, 100), setting(1, 0)),
    settingsAck,
    windowUpdate(0, 1000),
    get(1),
    post(3, [['content-length', '9']]),
    data(3, 'some '),
    frame(FrameType.DATA, Flag.PADDED, 3, Buffer.from('\x03body\0\0\0')),
    data(3, '', true),
    frame(0x99, 1, 7, Buffer.alloc(20)),
    ping(),
    frame(FrameType.HEADERS, Flag.END_STREAM, 5, block(getFields).subarray(0, 11)),
    frame(FrameType.CONTINUATION, 0, 5, block(getFields).subarray(11, 30)),
    frame(FrameType.CONTINUATION, Flag.END_HEADERS, 5, block(getFields).subarray(30)),
    post(7),
    data(7, 'x'),
    headers(7, [['trailer', 'yes']]),
    frame(FrameType.PRIORITY, 0, 9, Buffer.alloc(5)),
    headers(9, [...getFields, ['priority', 'u=1']]),
    headers(11, [...getFields, ['Bad', '']]),
    post(13),
    rst(13),
    frame(FrameType.GOAWAY, 0, 0, Buffer.alloc(12)),
    get(15),
  ]),
  'a wrong preface': Buffer.from('PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n more'),
  'a frame too large': Buffer.concat([clientPreface, settings(), Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3])]),
  'padding too long': Buffer.concat([clientPreface, settings(), post(1), frame(0, 8, 1, [9, 1, 2])]),
  'a block that does not decode': Buffer.concat([clientPreface, settings(), frame(1, 5, 1, [0x80, 0, 0])]),
  'CONTINUATION of another stream': Buffer.concat([
    clientPreface,
    settings(),
    frame(1, 1, 1, [0x82]),
    frame(9, 4, 3, [0x84]),
  ]),
};

/** Everything a test can see of a conversation. Data is joined: where it is cut says nothing. */
function outcome(peer: ScriptedPeer): unknown {
  return {
    seen: peer.seen.map(({ type, flags, id, payload }) => [type, flags, id, payload.toString('latin1')]),
    requests: peer.requests.map((exchange) => [
      exchange.pseudo,
      exchange.fields,
      Buffer.concat(exchange.body).toString('latin1'),
      exchange.trailers,
    ]),
    happenings: peer.happenings,
    counters: peer.context.counters,
  };
}

function converse(octets: Buffer, ends: readonly number[]): unknown {
  const peer = new ScriptedPeer();
  let start = 0;
  for (const end of [...ends, octets.length]) {
    // A copy that is spoiled afterwards: nothing may be kept by reference.
    const piece = Buffer.from(octets.subarray(start, end));
    peer.connection.receive(piece, 0, piece.length);
    piece.fill(0xff);
    start = end;
  }
  return outcome(peer.take());
}

for (const [name, octets] of Object.entries(corpus)) {
  test(`${name}: the same whichever octet a read ends at`, () => {
    const whole = converse(octets, []);
    for (let end = 1; end < octets.length; end++) assert.deepEqual(converse(octets, [end]), whole, `cut at ${end}`);
    assert.deepEqual(converse(octets, Array.from(octets.keys())), whole, 'octet by octet');
  });

  test(`${name}: the same for reads of any sizes`, () => {
    const whole = converse(octets, []);
    const cuts = fc.uniqueArray(fc.nat({ max: octets.length }), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (ends) =>
        assert.deepEqual(
          converse(
            octets,
            ends.sort((a, b) => a - b),
          ),
          whole,
        ),
      ),
      { numRuns: 50 },
    );
  });
}
