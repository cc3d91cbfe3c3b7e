import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { frame, get, ScriptedPeer } from '../../../../test/http2/peer.ts';
import { FrameType } from './frame-type.ts';

const silent = (): ScriptedPeer => ScriptedPeer.greeted({}, () => {});

describe('RFC 9113 §6.3: PRIORITY', () => {
  const priority = (id: number, length = 5): Buffer => frame(FrameType.PRIORITY, 0, id, Buffer.alloc(length));

  test('is ignored on any stream, open, idle or closed', () => {
    const peer = ScriptedPeer.greeted().send(priority(7), get(1), priority(1), priority(8));
    assert.equal(peer.connectionError, null);
    assert.equal(peer.bodyOf(1), 'answered');
  });

  test('on stream 0 is a connection error PROTOCOL_ERROR', () => {
    assert.equal(ScriptedPeer.greeted().send(priority(0)).connectionError, 'PROTOCOL_ERROR');
  });

  test('of another length than 5 is a stream error FRAME_SIZE_ERROR', () => {
    assert.equal(silent().send(get(1), priority(1, 4)).resetOf(1), 'FRAME_SIZE_ERROR');
  });
});
