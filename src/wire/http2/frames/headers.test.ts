import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  block,
  data,
  frame,
  get,
  getFields,
  headers,
  post,
  ScriptedPeer,
  settings,
} from '../../../../test/http2/peer.ts';
import { Flag, FrameType } from './frame-type.ts';

const all = Flag.END_HEADERS | Flag.END_STREAM;
const request = block(getFields);

describe('RFC 9113 §6.2: HEADERS', () => {
  test('on stream 0 is a connection error PROTOCOL_ERROR', () => {
    assert.equal(ScriptedPeer.greeted().send(get(0)).connectionError, 'PROTOCOL_ERROR');
  });

  test('padding and the deprecated priority fields are skipped', () => {
    const payload = Buffer.concat([Buffer.from([3, 0x80, 0, 0, 1, 255]), request, Buffer.alloc(3)]);
    const peer = ScriptedPeer.greeted().send(frame(FrameType.HEADERS, all | Flag.PADDED | Flag.PRIORITY, 1, payload));
    assert.equal(peer.bodyOf(1), 'answered');
  });

  test('padding longer than what is there is a connection error PROTOCOL_ERROR', () => {
    const payload = Buffer.concat([Buffer.from([request.length + 1]), request]);
    const peer = ScriptedPeer.greeted().send(frame(FrameType.HEADERS, all | Flag.PADDED, 1, payload));
    assert.equal(peer.connectionError, 'PROTOCOL_ERROR');
  });

  test('too short for its flags is a connection error FRAME_SIZE_ERROR', () => {
    for (const [flags, payload] of [
      [Flag.PADDED, []],
      [Flag.PRIORITY, [0, 0, 0, 0]],
      [Flag.PADDED | Flag.PRIORITY, [0, 0, 0, 0, 0]],
    ] as const) {
      const peer = ScriptedPeer.greeted().send(frame(FrameType.HEADERS, all | flags, 1, payload));
      assert.equal(peer.connectionError, 'FRAME_SIZE_ERROR');
    }
  });

  test('a block that does not decode is a connection error COMPRESSION_ERROR (§4.3)', () => {
    const peer = ScriptedPeer.greeted().send(frame(FrameType.HEADERS, all, 1, [0x80]));
    assert.equal(peer.connectionError, 'COMPRESSION_ERROR');
  });

  test('a block of a refused stream still changes the compression state (§4.3)', () => {
    const indexed = Buffer.concat([request, Buffer.from('40016101', 'hex'), Buffer.from('b')]);
    const peer = ScriptedPeer.greeted({ maxConcurrentStreams: 1 }, () => {});
    peer.send(get(1), frame(FrameType.HEADERS, all, 3, indexed));
    assert.equal(peer.resetOf(3), 'REFUSED_STREAM');
    peer.connection.reset(peer.requests[0]!.stream, 0);
    peer.send(frame(FrameType.HEADERS, all, 5, Buffer.concat([request, Buffer.from([0xbe])])));
    assert.equal(peer.requests[1]?.fields, 'a: b\r\nhost: example.com\r\n');
  });
});

describe('RFC 9113 §6.10: CONTINUATION', () => {
  const start = (end = 20): Buffer => frame(FrameType.HEADERS, Flag.END_STREAM, 1, request.subarray(0, end));
  const rest = (from = 20, flags: number = Flag.END_HEADERS): Buffer =>
    frame(FrameType.CONTINUATION, flags, 1, request.subarray(from));

  test('a block in pieces is one block', () => {
    assert.equal(ScriptedPeer.greeted().send(start(), rest()).bodyOf(1), 'answered');
    assert.equal(
      ScriptedPeer.greeted()
        .send(start(0), frame(FrameType.CONTINUATION, 0, 1), rest(0))
        .bodyOf(1),
      'answered',
    );
  });

  test('any other frame in between is a connection error PROTOCOL_ERROR', () => {
    for (const other of [data(1, ''), get(3), settings(), frame(0x77, 0, 0), frame(FrameType.CONTINUATION, 4, 3)]) {
      assert.equal(ScriptedPeer.greeted().send(start(), other).connectionError, 'PROTOCOL_ERROR');
    }
  });

  test('without HEADERS before, or behind END_HEADERS, it is a connection error PROTOCOL_ERROR', () => {
    assert.equal(ScriptedPeer.greeted().send(rest()).connectionError, 'PROTOCOL_ERROR');
    assert.equal(ScriptedPeer.greeted().send(get(1), rest()).connectionError, 'PROTOCOL_ERROR');
    assert.equal(ScriptedPeer.greeted().send(frame(FrameType.CONTINUATION, 4, 0)).connectionError, 'PROTOCOL_ERROR');
  });

  test('our own long heads are cut to the frame size of the peer', () => {
    const long = 'v'.repeat(30_000);
    const peer = ScriptedPeer.greeted({}, (exchange) =>
      exchange.respond(200, [
        ['x', long],
        ['y', long],
      ]),
    );
    peer.send(get(1));
    const sent = peer.seen.filter(({ type }) => type === FrameType.HEADERS || type === FrameType.CONTINUATION);
    assert.deepEqual(
      sent.map(({ type, flags }) => [type, flags]),
      [
        [FrameType.HEADERS, Flag.END_STREAM],
        [FrameType.CONTINUATION, 0],
        [FrameType.CONTINUATION, 0],
        [FrameType.CONTINUATION, Flag.END_HEADERS],
      ],
    );
    assert.ok(sent.every(({ payload }) => payload.length <= 16384));
    const whole = Buffer.concat(sent.map(({ payload }) => payload));
    assert.equal(whole.toString('latin1').split(long).length, 3);
  });
});

describe('RFC 9113 §8.1: trailers', () => {
  const trailers = (fields: readonly [string, string][], flags: number = all): Buffer => headers(1, fields, flags);

  test('end the request and are handed on', () => {
    const peer = ScriptedPeer.greeted().send(post(1), data(1, 'x'), trailers([['checksum', '1']]));
    assert.equal(peer.requests[0]?.trailers, 'checksum: 1\r\n');
    assert.equal(peer.bodyOf(1), 'answered');
  });

  test('without END_STREAM are a stream error PROTOCOL_ERROR', () => {
    const peer = ScriptedPeer.greeted().send(post(1), trailers([['a', 'b']], Flag.END_HEADERS));
    assert.equal(peer.resetOf(1), 'PROTOCOL_ERROR');
  });

  test('with a pseudo-field, a connection-specific field or content-length are a stream error PROTOCOL_ERROR', () => {
    for (const name of [':path', ':status', 'connection', 'content-length', 'Upper']) {
      const peer = ScriptedPeer.greeted().send(post(1), trailers([[name, '1']]));
      assert.equal(peer.resetOf(1), 'PROTOCOL_ERROR');
      assert.equal(peer.bodyOf(1), '');
    }
  });

  test('before all of content-length came are a stream error PROTOCOL_ERROR', () => {
    const peer = ScriptedPeer.greeted().send(post(1, [['content-length', '2']]), data(1, 'x'), trailers([['a', 'b']]));
    assert.equal(peer.resetOf(1), 'PROTOCOL_ERROR');
    assert.equal(peer.requests[0]?.trailers, '');
  });

  test('on a stream that is half-closed (remote) are a stream error STREAM_CLOSED (§5.1)', () => {
    const peer = ScriptedPeer.greeted({}, () => {}).send(get(1), trailers([['a', 'b']]));
    assert.equal(peer.resetOf(1), 'STREAM_CLOSED');
  });
});
