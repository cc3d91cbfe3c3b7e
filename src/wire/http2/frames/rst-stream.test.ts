import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { frame, get, rst, ScriptedPeer } from '../../../../test/http2/peer.ts';
import { FrameType } from './frame-type.ts';

const silent = (): ScriptedPeer => ScriptedPeer.greeted({}, () => {});

describe('RFC 9113 §6.4: RST_STREAM', () => {
  test('ends the stream and is told to the driver', () => {
    const peer = silent().send(get(1), rst(1, 8));
    assert.deepEqual(peer.happenings.resets, [{ id: 1, code: 8, by: 'peer' }]);
    assert.equal(peer.connection.openStreams, 0);
    assert.deepEqual(peer.seen, []);
  });

  test('on stream 0 or an idle stream is a connection error PROTOCOL_ERROR', () => {
    assert.equal(silent().send(rst(0)).connectionError, 'PROTOCOL_ERROR');
    assert.equal(silent().send(rst(1)).connectionError, 'PROTOCOL_ERROR');
    assert.equal(silent().send(get(3), rst(5)).connectionError, 'PROTOCOL_ERROR');
  });

  test('of another length than 4 is a connection error FRAME_SIZE_ERROR', () => {
    const short = frame(FrameType.RST_STREAM, 0, 1, [0, 0, 0]);
    assert.equal(silent().send(get(1), short).connectionError, 'FRAME_SIZE_ERROR');
  });

  test('on a closed stream is ignored, and never answered by another (§5.4.2)', () => {
    const peer = ScriptedPeer.greeted().send(get(1), rst(1), rst(1));
    assert.equal(peer.connectionError, null);
    assert.deepEqual(peer.of(FrameType.RST_STREAM), []);
  });
});
