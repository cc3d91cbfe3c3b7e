import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { frame, ping, ScriptedPeer } from '../../../../test/http2/peer.ts';
import { Flag, FrameType } from './frame-type.ts';

const silent = (): ScriptedPeer => ScriptedPeer.greeted({}, () => {});

describe('RFC 9113 §6.7: PING', () => {
  test('is answered with the same octets', () => {
    const [answer] = silent().send(ping('12345678')).of(FrameType.PING);
    assert.equal(answer?.flags, Flag.ACK);
    assert.equal(answer?.payload.toString(), '12345678');
  });

  test('an acknowledgement is not answered', () => {
    assert.deepEqual(silent().send(ping('12345678', Flag.ACK)).seen, []);
  });

  test('on a stream is a connection error PROTOCOL_ERROR', () => {
    assert.equal(silent().send(frame(FrameType.PING, 0, 1, Buffer.alloc(8))).connectionError, 'PROTOCOL_ERROR');
  });

  test('of another length than 8 is a connection error FRAME_SIZE_ERROR', () => {
    assert.equal(silent().send(ping('1234567')).connectionError, 'FRAME_SIZE_ERROR');
    assert.equal(silent().send(ping('123456789')).connectionError, 'FRAME_SIZE_ERROR');
  });
});
