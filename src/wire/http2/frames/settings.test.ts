import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { frame, ScriptedPeer, setting, settings } from '../../../../test/http2/peer.ts';
import { clientPreface } from '../server-connection.ts';
import { Flag, FrameType } from './frame-type.ts';

const silent = (): ScriptedPeer => ScriptedPeer.greeted({}, () => {});

describe('RFC 9113 §6.5: SETTINGS', () => {
  test('are acknowledged once each (§6.5.3)', () => {
    const peer = ScriptedPeer.greeted().send(settings(), settings(setting(3, 7)));
    assert.deepEqual(
      peer.seen.map(({ type, flags, payload }) => [type, flags, payload.length]),
      [
        [FrameType.SETTINGS, Flag.ACK, 0],
        [FrameType.SETTINGS, Flag.ACK, 0],
      ],
    );
  });

  const fails = (name: string, code: string, octets: Buffer): void => {
    test(name, () => assert.equal(silent().send(octets).connectionError, code));
  };
  fails('on a stream: PROTOCOL_ERROR', 'PROTOCOL_ERROR', frame(FrameType.SETTINGS, 0, 1));
  fails(
    'acknowledgement with payload: FRAME_SIZE_ERROR',
    'FRAME_SIZE_ERROR',
    frame(FrameType.SETTINGS, 1, 0, setting(3, 1)),
  );
  fails(
    'length not a multiple of 6: FRAME_SIZE_ERROR',
    'FRAME_SIZE_ERROR',
    frame(FrameType.SETTINGS, 0, 0, [0, 3, 0, 0, 0]),
  );
  fails('§6.5.2: ENABLE_PUSH 2: PROTOCOL_ERROR', 'PROTOCOL_ERROR', settings(setting(2, 2)));
  fails('§6.5.2: INITIAL_WINDOW_SIZE 2^31: FLOW_CONTROL_ERROR', 'FLOW_CONTROL_ERROR', settings(setting(4, 2 ** 31)));
  fails('§6.5.2: MAX_FRAME_SIZE 16383: PROTOCOL_ERROR', 'PROTOCOL_ERROR', settings(setting(5, 16383)));
  fails('§6.5.2: MAX_FRAME_SIZE 2^24: PROTOCOL_ERROR', 'PROTOCOL_ERROR', settings(setting(5, 2 ** 24)));
  fails('RFC 8441 §3: ENABLE_CONNECT_PROTOCOL 2: PROTOCOL_ERROR', 'PROTOCOL_ERROR', settings(setting(8, 2)));
  fails('RFC 9218 §2.1: NO_RFC7540_PRIORITIES 2: PROTOCOL_ERROR', 'PROTOCOL_ERROR', settings(setting(9, 2)));

  test('§6.5.2: unknown settings are ignored', () => {
    assert.equal(silent().send(settings(setting(0x99, 1))).connectionError, null);
  });

  test('§6.5.3: a peer that never acknowledges ours is left with SETTINGS_TIMEOUT', () => {
    const peer = new ScriptedPeer({ settingsTimeout: 10_000 }).send(clientPreface, settings());
    peer.connection.tick(1_000_000);
    peer.connection.tick(1_009_000);
    assert.equal(peer.take().connectionError, null);
    peer.connection.tick(1_011_000);
    assert.equal(peer.take().connectionError, 'SETTINGS_TIMEOUT');
    const honest = ScriptedPeer.greeted();
    honest.connection.tick(1_000_000);
    honest.connection.tick(2_000_000);
    assert.equal(honest.take().connectionError, null);
  });

  test('what we announce: no more streams than we take, no priorities, RFC 8441 where it is on', () => {
    const announced = (on: boolean): Map<number, number> => {
      const { payload } = new ScriptedPeer({ extendedConnect: on, maxConcurrentStreams: 99 }).take().seen[0]!;
      const count = payload.length / 6;
      return new Map(
        Array.from({ length: count }, (_, index) => [
          payload.readUInt16BE(index * 6),
          payload.readUInt32BE(index * 6 + 2),
        ]),
      );
    };
    assert.equal(announced(true).get(3), 99);
    assert.equal(announced(true).get(8), 1);
    assert.equal(announced(true).get(9), 1);
    assert.equal(announced(false).has(8), false);
    assert.equal(announced(true).has(2), false, 'a server does not speak of push (§6.5.2)');
  });
});
