import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  data,
  frame,
  get,
  ping,
  post,
  rst,
  ScriptedPeer,
  setting,
  settings,
  windowUpdate,
} from '../../../../test/http2/peer.ts';
import { clientPreface } from '../server-connection.ts';
import { Flag, FrameType } from './frame-type.ts';

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

describe('RFC 9113 §6.6, §8.4: PUSH_PROMISE', () => {
  test('from a client is a connection error PROTOCOL_ERROR', () => {
    const promise = frame(FrameType.PUSH_PROMISE, 4, 1, [0, 0, 0, 2]);
    assert.equal(silent().send(get(1), promise).connectionError, 'PROTOCOL_ERROR');
  });
});

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
