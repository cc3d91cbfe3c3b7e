import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fieldsOf } from '../../../../test/http2/gate.ts';
import {
  data,
  frame,
  get,
  getFields,
  headers,
  post,
  rst,
  ScriptedPeer,
  windowUpdate,
} from '../../../../test/http2/peer.ts';
import { FrameType } from '../frames/frame-type.ts';

const silent = (overrides = {}): ScriptedPeer => ScriptedPeer.greeted(overrides, () => {});

describe('RFC 9113 §5.1: closed streams', () => {
  test('DATA and HEADERS behind END_STREAM and our END_STREAM are a connection error STREAM_CLOSED', () => {
    assert.equal(ScriptedPeer.greeted().send(get(1), data(1, 'x')).connectionError, 'STREAM_CLOSED');
    assert.equal(ScriptedPeer.greeted().send(get(1), get(1)).connectionError, 'STREAM_CLOSED');
  });

  test('DATA behind RST_STREAM of the client is STREAM_CLOSED', () => {
    assert.equal(silent().send(post(1), rst(1), data(1, 'x')).connectionError, 'STREAM_CLOSED');
  });

  test('frames under way when we reset the stream are dropped, their field blocks decoded, their data counted', () => {
    const peer = silent({ connectionWindow: 65535, maxConnectionWindow: 65535 }).send(post(1));
    peer.connection.reset(peer.requests[0]!.stream, 8);
    for (let count = 0; count < 8; count++) peer.send(data(1, Buffer.alloc(16000)));
    peer.send(windowUpdate(1, 5), rst(1), headers(1, [['a', 'b']]), get(3));
    assert.equal(peer.connectionError, null);
    assert.equal(peer.requests.length, 2);
    assert.deepEqual(peer.requests[0]?.body, []);
    const granted = peer.of(FrameType.WINDOW_UPDATE, 0).reduce((sum, seen) => sum + seen.payload.readUInt32BE(0), 0);
    assert.ok(granted > 8 * 16000 - 65535);
  });

  test('a response that ends before the request asks the client to stop with NO_ERROR (§8.1), and drops the rest', () => {
    const peer = silent().send(post(1), data(1, 'some'));
    peer.requests[0]?.respond(413, [], 'too much');
    peer.take();
    assert.equal(peer.bodyOf(1), 'too much');
    assert.equal(peer.resetOf(1), 'NO_ERROR');
    peer.send(data(1, 'more', true));
    assert.equal(peer.connectionError, null);
    assert.deepEqual(peer.happenings.resets, []);
    assert.equal(peer.connection.openStreams, 0);
  });

  test('whatever the driver does to a stream that is over goes nowhere', () => {
    const peer = silent().send(get(1), rst(1));
    const { stream } = peer.requests[0]!;
    const none = fieldsOf([]);
    assert.equal(peer.connection.respond(stream, 200, none, false), false);
    assert.equal(peer.connection.data(stream, Buffer.from('abc'), 0, 3, true), 3);
    assert.equal(peer.connection.trailers(stream, none), false);
    peer.connection.grant(stream, 10);
    peer.connection.reset(stream, 2);
    assert.deepEqual(peer.take().seen, []);
  });
});

describe('RFC 9113 §5.1.1: stream identifiers', () => {
  test('an even one is a connection error PROTOCOL_ERROR', () => {
    assert.equal(silent().send(get(2)).connectionError, 'PROTOCOL_ERROR');
  });

  test('one lower than the last is an error of the connection', () => {
    assert.equal(silent().send(get(5), get(3)).connectionError, 'STREAM_CLOSED');
  });

  test('numbers may be left out', () => {
    assert.equal(
      ScriptedPeer.greeted()
        .send(get(1), get(101), get(2 ** 31 - 1))
        .bodyOf(2 ** 31 - 1),
      'answered',
    );
  });
});

describe('RFC 9113 §5.1.2: streams at once', () => {
  test('one too many is refused with REFUSED_STREAM, and the next is taken when one has ended', () => {
    const peer = silent({ maxConcurrentStreams: 2 }).send(get(1), get(3), get(5));
    assert.equal(peer.resetOf(5), 'REFUSED_STREAM');
    assert.deepEqual(peer.happenings.refused, ['too many streams']);
    assert.equal(peer.context.counters.refusedStreams, 1);
    peer.requests[0]?.respond(200, []);
    peer.send(get(7));
    assert.deepEqual(
      peer.requests.map(({ stream }) => stream.id),
      [1, 3, 7],
    );
  });
});

describe('RFC 9113 §8.1: responses', () => {
  test('1xx come before the final one, 101 never (§8.6)', () => {
    const peer = silent().send(get(1));
    const { stream } = peer.requests[0]!;
    assert.equal(peer.connection.informational(stream, 103, fieldsOf([['Link', '</a>']])), true);
    assert.equal(peer.connection.informational(stream, 101, fieldsOf([])), false);
    peer.requests[0]?.respond(200, []);
    assert.equal(peer.connection.informational(stream, 103, fieldsOf([])), false);
    assert.deepEqual(peer.take().heads(), [
      { id: 1, end: false, lines: ['103', 'link: </a>'] },
      { id: 1, end: true, lines: ['200'] },
    ]);
  });

  test('heads given as lines go out the same', () => {
    const peer = silent().send(get(1), get(3));
    const lines = Buffer.from('Server: x\r\nConnection: close\r\nContent-Length: 0\r\n');
    const { stream } = peer.requests[0]!;
    assert.equal(peer.connection.informationalLines(stream, 103, lines, 0, 11), true);
    assert.equal(peer.connection.respondLines(stream, 200, lines, 0, lines.length, true), true);
    assert.equal(peer.connection.respondLines(stream, 200, lines, 0, lines.length, true), false);
    assert.deepEqual(peer.take().heads(), [
      { id: 1, end: false, lines: ['103', 'server: x'] },
      { id: 1, end: true, lines: ['200', 'server: x', 'content-length: 0'] },
    ]);
    const long = Buffer.from(`X: ${'v'.repeat(100_000)}\r\n`);
    assert.equal(peer.connection.respondLines(peer.requests[1]!.stream, 200, long, 0, long.length, true), true);
    assert.equal(peer.take().of(FrameType.CONTINUATION, 3).length, 6);
  });

  test('trailers end the stream', () => {
    const peer = ScriptedPeer.greeted({}, (exchange) => exchange.respond(200, [], 'body', [['Grpc-Status', '0']]));
    peer.send(get(1));
    assert.equal(peer.bodyOf(1), 'body');
    assert.deepEqual(peer.heads().at(-1), { id: 1, end: true, lines: ['grpc-status: 0'] });
    assert.equal(peer.connection.openStreams, 0);
  });

  test('HEAD, 204 and 304 have no DATA whatever the app sends', () => {
    const head = headers(1, [[':method', 'HEAD'], ...getFields.slice(1)]);
    for (const [request, status] of [
      [head, 200],
      [get(1), 204],
      [get(1), 304],
    ] as const) {
      const peer = ScriptedPeer.greeted({}, (exchange) => exchange.respond(status, [['Content-Length', '4']], 'body'));
      peer.send(request);
      assert.deepEqual(
        peer
          .of(FrameType.DATA)
          .map(({ payload }) => payload.length)
          .filter((length) => length > 0),
        [],
      );
      assert.equal(peer.connection.openStreams, 0);
      assert.deepEqual(peer.heads()[0]?.lines, [`${status}`, 'content-length: 4']);
    }
  });

  test('a second final response is refused', () => {
    const peer = silent().send(post(1));
    const { stream } = peer.requests[0]!;
    assert.equal(peer.connection.respond(stream, 200, fieldsOf([]), false), true);
    assert.equal(peer.connection.respond(stream, 200, fieldsOf([]), false), false);
  });

  test('a head that fits no arena resets its stream with INTERNAL_ERROR and nothing else', () => {
    const peer = silent().send(get(1), get(3));
    peer.requests[0]?.respond(200, [['x', 'v'.repeat(200_000)]]);
    peer.requests[1]?.respond(200, []);
    assert.equal(peer.take().resetOf(1), 'INTERNAL_ERROR');
    assert.equal(peer.of(FrameType.HEADERS, 3).length, 1);
  });
});

describe('RFC 8441: WebSockets', () => {
  const connect = headers(1, [[':method', 'CONNECT'], [':protocol', 'websocket'], ...getFields.slice(1)], 4);

  test('each direction ends on its own', () => {
    const peer = silent().send(connect);
    const [exchange] = peer.requests;
    assert.equal(exchange?.pseudo[':protocol'], 'websocket');
    peer.connection.respond(exchange!.stream, 200, fieldsOf([]), false);
    peer.send(data(1, 'up'));
    peer.connection.data(exchange!.stream, Buffer.from('down'), 0, 4, true);
    peer.send(data(1, 'still', true));
    assert.equal(Buffer.concat(exchange!.body).toString(), 'upstill');
    assert.equal(peer.bodyOf(1), 'down');
    assert.equal(peer.resetOf(1), null);
    assert.equal(peer.connection.openStreams, 0);
  });
});

test('RFC 8441: a refused WebSocket is an exchange like any other, and its stream ends with the answer', () => {
  const connect = headers(1, [[':method', 'CONNECT'], [':protocol', 'websocket'], ...getFields.slice(1)], 4);
  const peer = silent().send(connect);
  peer.requests[0]?.respond(403, [], 'no');
  assert.equal(peer.take().bodyOf(1), 'no');
  assert.equal(peer.resetOf(1), 'NO_ERROR');
  assert.equal(peer.connection.openStreams, 0);
});

test('the socket is gone: every stream is told, nothing is written', () => {
  const peer = silent().send(get(1), post(3), frame(0x77, 0, 0));
  peer.connection.abandon();
  assert.deepEqual(
    peer.happenings.resets.map(({ id, by }) => [id, by]),
    [
      [1, 'peer'],
      [3, 'peer'],
    ],
  );
  assert.deepEqual(peer.happenings.failures, []);
  assert.equal(peer.connection.takeOutput(), null);
});
