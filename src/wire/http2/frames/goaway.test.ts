import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { data, frame, get, ping, post, ScriptedPeer } from '../../../../test/http2/peer.ts';
import { Flag, FrameType } from './frame-type.ts';

const silent = (): ScriptedPeer => ScriptedPeer.greeted({}, () => {});

describe('RFC 9113 §6.8: GOAWAY', () => {
  const goAway = (id = 0, length = 8): Buffer => frame(FrameType.GOAWAY, 0, id, Buffer.alloc(length));

  test('from the client lets open streams finish', () => {
    const peer = silent().send(get(1), goAway());
    assert.equal(peer.connectionError, null);
    peer.requests[0]?.respond(200, [], 'late');
    assert.equal(peer.take().bodyOf(1), 'late');
  });

  test('on a stream is a connection error PROTOCOL_ERROR', () => {
    assert.equal(silent().send(goAway(1)).connectionError, 'PROTOCOL_ERROR');
  });

  test('shorter than 8 octets is a connection error FRAME_SIZE_ERROR', () => {
    assert.equal(silent().send(goAway(0, 7)).connectionError, 'FRAME_SIZE_ERROR');
  });

  const lastStreams = (peer: ScriptedPeer): number[] =>
    peer.of(FrameType.GOAWAY).map(({ payload }) => payload.readUInt32BE(0));

  test('our graceful one comes in two: the second, a round trip later, names the last stream', () => {
    const peer = silent().send(get(1));
    peer.connection.goAway();
    peer.take();
    assert.deepEqual(lastStreams(peer), [2 ** 31 - 1]);
    const probe = peer.of(FrameType.PING)[0]!;
    peer.send(get(3), frame(FrameType.PING, Flag.ACK, 0, probe.payload));
    assert.deepEqual(lastStreams(peer), [2 ** 31 - 1, 3]);
    assert.equal(peer.requests.length, 2, 'a request that crossed the first GOAWAY is served');
    peer.send(get(5), post(7), data(7, 'x'));
    assert.equal(peer.requests.length, 2, 'requests behind the second are ignored');
    assert.equal(peer.connection.failed, -1);
    assert.equal(peer.connection.isDrained, false);
    for (const exchange of peer.requests) exchange.respond(200, [], 'done');
    assert.equal(peer.take().bodyOf(3), 'done');
    assert.equal(peer.connection.isDrained, true);
  });

  test('our final one comes after two seconds when the client does not answer the PING', () => {
    const peer = silent();
    peer.connection.tick(1000);
    peer.connection.goAway();
    peer.connection.tick(3001);
    assert.deepEqual(lastStreams(peer.take()), [2 ** 31 - 1, 0]);
  });

  test('a later connection error does not name a higher stream', () => {
    const peer = silent().send(get(1));
    peer.connection.goAway();
    peer.connection.tick(3001);
    peer.send(get(3), ping('short'));
    assert.equal(lastStreams(peer).at(-1), 1);
  });
});
