import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { data, frame, get, ping, post, ScriptedPeer, settings, settingsAck } from '../../../../test/http2/peer.ts';
import { clientPreface } from '../server-connection.ts';
import { FrameType } from './frame-type.ts';

describe('RFC 9113 §3.4: preface', () => {
  test('the server begins with SETTINGS, without waiting', () => {
    const peer = new ScriptedPeer().take();
    assert.equal(peer.seen[0]?.type, FrameType.SETTINGS);
    assert.equal((peer.seen[0]?.flags ?? 1) & 1, 0);
  });

  test('anything else than the preface is a connection error PROTOCOL_ERROR', () => {
    const peer = new ScriptedPeer().send(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    assert.equal(peer.connectionError, 'PROTOCOL_ERROR');
    assert.equal(peer.happenings.failures.length, 1);
  });

  test('a first frame other than SETTINGS is a connection error PROTOCOL_ERROR', () => {
    assert.equal(new ScriptedPeer().send(clientPreface, ping()).connectionError, 'PROTOCOL_ERROR');
    assert.equal(new ScriptedPeer().send(clientPreface, settingsAck).connectionError, 'PROTOCOL_ERROR');
  });
});

describe('RFC 9113 §4.1: frame format', () => {
  test('frames of unknown types are ignored, of any length', () => {
    const peer = ScriptedPeer.greeted().send(frame(0x77, 0xff, 5, Buffer.alloc(16384)), frame(0xff, 0, 0), get(1));
    assert.equal(peer.connectionError, null);
    assert.equal(peer.bodyOf(1), 'answered');
  });

  test('flags without meaning and the reserved bit are ignored', () => {
    const request = get(1);
    request[4]! |= 0xc0;
    request[5]! |= 0x80;
    assert.equal(ScriptedPeer.greeted().send(request).bodyOf(1), 'answered');
  });
});

describe('RFC 9113 §4.2: frame size', () => {
  test('a frame of 16,384 octets is taken', () => {
    const peer = ScriptedPeer.greeted().send(post(1), data(1, Buffer.alloc(16384), true));
    assert.equal(Buffer.concat(peer.requests[0]?.body ?? []).length, 16384);
  });

  test('a larger one is a connection error FRAME_SIZE_ERROR, before its payload came', () => {
    for (const type of [FrameType.DATA, FrameType.HEADERS, FrameType.SETTINGS, 0x77]) {
      const header = Buffer.from([0, 0x40, 1, type, 0, 0, 0, 0, 0]);
      assert.equal(ScriptedPeer.greeted().send(header).connectionError, 'FRAME_SIZE_ERROR');
    }
  });
});

test('RFC 9113 §5.4.1: after a connection error GOAWAY names the last stream looked at, and nothing more is read', () => {
  const peer = ScriptedPeer.greeted({}, () => {}).send(get(1), get(3), ping('short'), get(5));
  assert.equal(peer.of(FrameType.GOAWAY)[0]?.payload.readUInt32BE(0), 3);
  assert.equal(peer.requests.length, 2);
  assert.deepEqual(
    peer.happenings.resets.map(({ id, by }) => [id, by]),
    [
      [1, 'us'],
      [3, 'us'],
    ],
  );
  assert.equal(peer.context.counters.connectionErrors, 1);
});

test('a broken connection stays broken', () => {
  const peer = ScriptedPeer.greeted().send(ping('short'));
  const before = peer.seen.length;
  peer.send(get(1), settings());
  assert.equal(peer.seen.length, before);
});
