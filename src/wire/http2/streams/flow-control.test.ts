import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  data,
  frame,
  get,
  post,
  rst,
  ScriptedPeer,
  setting,
  settings,
  windowUpdate,
} from '../../../../test/http2/peer.ts';
import { FrameType } from '../frames/frame-type.ts';
import { ReceiveWindow } from './receive-window.ts';

const sending = (size: number, overrides = {}): ScriptedPeer =>
  ScriptedPeer.greeted(overrides, (exchange) => exchange.send(200, [], Buffer.alloc(size, 'x')));

const increments = (peer: ScriptedPeer, id: number): number =>
  peer.of(FrameType.WINDOW_UPDATE, id).reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0);

describe('RFC 9113 §5.2, §6.9: what we send', () => {
  test('stops at the window of the stream and goes on when it opens', () => {
    const peer = sending(100_000).send(windowUpdate(0, 1_000_000), get(1));
    assert.equal(peer.bodyOf(1).length, 65535);
    peer.send(windowUpdate(1, 1));
    assert.equal(peer.bodyOf(1).length, 65536);
    peer.send(windowUpdate(1, 1_000_000));
    assert.equal(peer.bodyOf(1).length, 100_000);
    assert.equal(peer.of(FrameType.DATA, 1).at(-1)?.flags, 1);
  });

  test('stops at the window of the connection, and shares it when it opens', () => {
    const peer = sending(60_000).send(get(1), get(3));
    assert.equal(peer.bodyOf(1).length, 60_000);
    assert.equal(peer.bodyOf(3).length, 5535);
    peer.send(windowUpdate(0, 100_000));
    assert.equal(peer.bodyOf(3).length, 60_000);
  });

  test('§6.9.2: a changed initial window applies to open streams, and may make their windows negative', () => {
    const peer = sending(100_000).send(windowUpdate(0, 1_000_000), get(1), settings(setting(4, 10)));
    assert.equal(peer.bodyOf(1).length, 65535);
    peer.send(windowUpdate(1, 65525));
    assert.equal(peer.bodyOf(1).length, 65535, 'the window is 0 again');
    peer.send(windowUpdate(1, 5));
    assert.equal(peer.bodyOf(1).length, 65540);
  });

  test('an empty end of stream needs no window', () => {
    const peer = sending(65535).send(get(1), get(3));
    assert.equal(peer.bodyOf(1).length, 65535);
    peer.requests[1]?.connection.reset(peer.requests[1].stream, 8);
    const empty = ScriptedPeer.greeted({}, ({ connection, stream }) => {
      connection.respond(stream, 200, { count: 0, bytes: Buffer.alloc(0), offsets: new Int32Array(0) }, false);
      connection.data(stream, Buffer.alloc(0), 0, 0, true);
    });
    empty.send(settings(setting(4, 0)), get(1));
    assert.equal(empty.of(FrameType.DATA, 1)[0]?.flags, 1);
  });

  test('never more in one turn than the limit of unsent output', () => {
    const peer = sending(1_000_000, { outputLimit: 100_000 });
    peer.send(windowUpdate(0, 10_000_000), settings(setting(4, 10_000_000)));
    peer.sendOnly(get(1), get(3));
    assert.ok(peer.connection.pendingOutput < 101_000);
    assert.equal(peer.connection.isCongested, true);
    peer.take();
    assert.equal(peer.bodyOf(1).length, 1_000_000);
    assert.equal(peer.bodyOf(3).length, 1_000_000);
  });

  test('a stream that ends while it waits leaves no trace', () => {
    const peer = sending(100_000).send(get(1), get(3), get(5), rst(3), rst(1));
    peer.send(windowUpdate(0, 1_000_000), windowUpdate(5, 1_000_000));
    assert.equal(peer.bodyOf(5).length, 100_000);
    assert.equal(peer.bodyOf(3).length, 0);
  });
});

describe('RFC 9113 §6.9.1: what we receive', () => {
  const silent = (overrides = {}): ScriptedPeer => ScriptedPeer.greeted(overrides, () => {});

  test('more than the window of the stream is a stream error FLOW_CONTROL_ERROR', () => {
    const peer = silent({ streamWindow: 65535, maxStreamWindow: 65535 }).send(post(1), post(3));
    for (const exchange of peer.requests) exchange.connection.grant = () => {};
    for (let count = 0; count < 4; count++) peer.send(data(1, Buffer.alloc(16383)));
    assert.equal(peer.resetOf(1), null);
    peer.send(data(1, Buffer.alloc(16383)));
    assert.equal(peer.resetOf(1), 'FLOW_CONTROL_ERROR');
    assert.equal(peer.connectionError, null);
  });

  test('more than the window of the connection is a connection error FLOW_CONTROL_ERROR', () => {
    const peer = silent({ connectionWindow: 65535, maxConnectionWindow: 65535 }).send(post(1), post(3));
    for (const exchange of peer.requests) exchange.connection.grant = () => {};
    for (let count = 0; count < 4; count++) peer.send(data(1, Buffer.alloc(16000)));
    assert.equal(peer.connectionError, null);
    peer.send(data(3, Buffer.alloc(16000)));
    assert.equal(peer.connectionError, 'FLOW_CONTROL_ERROR');
  });

  test('windows open again as the body is consumed, padding too, in few frames', () => {
    const peer = silent().send(post(1));
    for (let count = 0; count < 64; count++) peer.send(data(1, Buffer.alloc(16384)));
    assert.equal(peer.resetOf(1), null);
    assert.ok(increments(peer, 1) >= 64 * 16384 - 65536);
    assert.ok(peer.of(FrameType.WINDOW_UPDATE).length < 40);
  });

  test('padding never reaches the reader and opens the windows again by itself', () => {
    const peer = silent().send(post(1));
    const padded = Buffer.concat([Buffer.from([200, 120]), Buffer.alloc(200)]);
    for (let count = 0; count < 2000; count++) peer.send(frame(FrameType.DATA, 8, 1, padded));
    assert.equal(peer.resetOf(1), null);
    assert.equal(peer.connectionError, null);
    assert.equal(Buffer.concat(peer.requests[0]?.body ?? []).length, 2000);
  });

  test('what a reader never consumed no longer counts against the connection when its stream is over', () => {
    const peer = silent({ connectionWindow: 65535, maxConnectionWindow: 65535 });
    const { grant } = peer.connection;
    for (let id = 1; id < 20; id += 2) {
      peer.connection.grant = () => {};
      peer.send(post(id), data(id, Buffer.alloc(16000)), data(id, Buffer.alloc(16000)));
      peer.connection.grant = grant;
      peer.send(rst(id));
    }
    assert.equal(peer.connectionError, null);
    assert.equal(peer.requests.length, 10);
  });

  test('a window never allows more than its size and what was consumed, and always reopens', () => {
    const steps = fc.array(fc.record({ send: fc.nat({ max: 5000 }), consume: fc.nat({ max: 5000 }) }), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(steps, (list) => {
        const window = new ReceiveWindow(4096, 16384);
        for (const { send, consume } of list) {
          const before = window.available;
          assert.equal(window.take(send), send <= before);
          const increment = window.consume(Math.min(consume, window.held));
          assert.ok(increment >= 0);
          assert.ok(window.available + window.held <= window.size);
          assert.ok(window.size <= 16384);
        }
        window.consume(window.held);
        assert.ok(window.available * 2 > window.size);
      }),
    );
  });

  test('the window grows for a reader that keeps up, and not for one that does not', () => {
    const quick = new ReceiveWindow(1000, 8000);
    for (let count = 0; count < 50; count++) {
      quick.take(500);
      quick.consume(500);
    }
    assert.equal(quick.size, 8000);
    const slow = new ReceiveWindow(1000, 8000);
    slow.take(1000);
    for (let count = 0; count < 50; count++) {
      slow.consume(500);
      slow.take(500);
    }
    assert.equal(slow.size, 1000);
  });
});
