import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { frame, get, ScriptedPeer, setting, settings, windowUpdate } from '../../../../test/http2/peer.ts';
import { FrameType } from './frame-type.ts';

const silent = (): ScriptedPeer => ScriptedPeer.greeted({}, () => {});

describe('RFC 9113 §6.9: WINDOW_UPDATE', () => {
  test('of another length than 4 is a connection error FRAME_SIZE_ERROR', () => {
    assert.equal(silent().send(frame(FrameType.WINDOW_UPDATE, 0, 0, [0, 0, 1])).connectionError, 'FRAME_SIZE_ERROR');
  });

  test('of 0 is an error of its stream, or of the connection', () => {
    assert.equal(silent().send(get(1), windowUpdate(1, 0)).resetOf(1), 'PROTOCOL_ERROR');
    assert.equal(silent().send(windowUpdate(0, 0)).connectionError, 'PROTOCOL_ERROR');
  });

  test('on an idle stream is a connection error PROTOCOL_ERROR (§5.1)', () => {
    assert.equal(silent().send(windowUpdate(1, 1)).connectionError, 'PROTOCOL_ERROR');
  });

  test('on a closed stream is ignored', () => {
    const peer = ScriptedPeer.greeted().send(get(1), windowUpdate(1, 100));
    assert.equal(peer.connectionError, null);
    assert.equal(peer.resetOf(1), null);
  });

  test('§6.9.1: a window above 2^31-1 is FLOW_CONTROL_ERROR, of its stream or of the connection', () => {
    assert.equal(
      silent()
        .send(get(1), windowUpdate(1, 2 ** 31 - 1))
        .resetOf(1),
      'FLOW_CONTROL_ERROR',
    );
    assert.equal(silent().send(windowUpdate(0, 2 ** 31 - 1)).connectionError, 'FLOW_CONTROL_ERROR');
  });

  test('§6.9.2: settings that lift a stream above 2^31-1 are a connection error FLOW_CONTROL_ERROR', () => {
    const peer = silent().send(get(1), windowUpdate(1, 2 ** 31 - 1 - 65535), settings(setting(4, 65536)));
    assert.equal(peer.connectionError, 'FLOW_CONTROL_ERROR');
  });

  test('settings are acknowledged before what they allow is sent', () => {
    const peer = ScriptedPeer.greeted({}, (exchange) => exchange.respond(200, [], 'x'.repeat(100_000)));
    peer.send(windowUpdate(0, 1_000_000), get(1));
    const before = peer.seen.length;
    peer.send(settings(setting(4, 200_000)));
    assert.equal(peer.seen[before]?.type, FrameType.SETTINGS);
    assert.equal(peer.bodyOf(1).length, 100_000);
  });
});
