import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { frame, get, ScriptedPeer } from '../../../../test/http2/peer.ts';
import { FrameType } from './frame-type.ts';

const silent = (): ScriptedPeer => ScriptedPeer.greeted({}, () => {});

describe('RFC 9113 §6.6, §8.4: PUSH_PROMISE', () => {
  test('from a client is a connection error PROTOCOL_ERROR', () => {
    const promise = frame(FrameType.PUSH_PROMISE, 4, 1, [0, 0, 0, 2]);
    assert.equal(silent().send(get(1), promise).connectionError, 'PROTOCOL_ERROR');
  });
});
