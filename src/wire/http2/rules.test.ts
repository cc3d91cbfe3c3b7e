import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  block,
  data,
  frame,
  get,
  getFields,
  headers,
  post,
  rst,
  ScriptedPeer,
  setting,
  settings,
  settingsAck,
  uint32,
} from '../../../test/http2/peer.ts';
import { Flag, FrameType } from './frames/frame-type.ts';
import { clientPreface } from './server-connection.ts';

const silent = (): ScriptedPeer => ScriptedPeer.greeted({}, () => {});

describe('RFC 9113: rules that stand between the others', () => {
  test('§5.1.1: the greatest stream identifier is one as any other, and none comes behind it', () => {
    const peer = ScriptedPeer.greeted().send(get(2 ** 31 - 1));
    assert.equal(peer.bodyOf(2 ** 31 - 1), 'answered');
    assert.equal(peer.send(get(1)).connectionError, 'STREAM_CLOSED');
  });

  test('§5.1.1: a stream that was skipped is closed', () => {
    assert.equal(ScriptedPeer.greeted().send(get(5), get(3)).connectionError, 'STREAM_CLOSED');
  });

  test('§5.3: a stream that depends on itself is no error any more', () => {
    const peer = ScriptedPeer.greeted();
    const self = Buffer.concat([uint32(1), Buffer.from([0]), block(getFields)]);
    peer.send(frame(FrameType.HEADERS, Flag.PRIORITY | Flag.END_HEADERS | Flag.END_STREAM, 1, self));
    peer.send(frame(FrameType.PRIORITY, 0, 3, [0, 0, 0, 3, 0]));
    assert.equal(peer.bodyOf(1), 'answered');
    assert.equal(peer.connectionError, null);
  });

  test('§6.5.3: of a setting that comes twice the last one counts', () => {
    const peer = ScriptedPeer.greeted();
    peer.send(settings(setting(4, 100), setting(4, 3)), get(1));
    assert.equal(peer.bodyOf(1), 'ans');
  });

  test('§6.5.3, §6.9.2: until our smaller window is acknowledged the initial one holds', () => {
    const peer = new ScriptedPeer({ streamWindow: 1000, maxStreamWindow: 1000 }, () => {});
    peer.send(clientPreface, settings(), post(1), ...[1, 1, 1].map((id) => data(id, Buffer.alloc(16_000))));
    assert.equal(peer.resetOf(1), null);
    peer.send(settingsAck, post(3), data(3, Buffer.alloc(1001)));
    assert.equal(peer.resetOf(3), 'FLOW_CONTROL_ERROR');
    assert.equal(peer.connectionError, null);
  });

  test('§6.8: what comes on streams above our last one is dropped, its field blocks decoded, its data granted again', () => {
    const peer = silent();
    peer.connection.goAway();
    peer.connection.tick(5_000);
    // An entry of the dynamic table from a request that is dropped, and more data than the connection's window.
    const entry = Buffer.concat([block(getFields), Buffer.from([0x40, 1, 0x78, 1, 0x79])]);
    peer.send(frame(FrameType.HEADERS, Flag.END_HEADERS, 1, entry));
    for (let count = 0; count < 40; count++) peer.send(data(1, Buffer.alloc(16_384)));
    peer.send(frame(FrameType.HEADERS, Flag.END_HEADERS, 3, Buffer.concat([block(getFields), Buffer.from([0xbe])])));
    assert.equal(peer.requests.length, 0);
    assert.equal(peer.connection.failed, -1);
  });

  test('§7: codes that nobody knows do what others do', () => {
    const peer = silent().send(post(1), post(3), rst(1, 0xffff_fff0));
    assert.deepEqual(
      peer.happenings.resets.map(({ id, by }) => [id, by]),
      [[1, 'peer']],
    );
    peer.send(frame(FrameType.GOAWAY, 0, 0, Buffer.concat([uint32(0), uint32(0xffff_fff0)])), data(3, 'on', true));
    assert.equal(peer.connectionError, null);
    peer.requests[1]?.respond(200, [], 'still');
    assert.equal(peer.take().bodyOf(3), 'still');
  });

  test('§8.1: HEADERS behind the trailers of a request are STREAM_CLOSED', () => {
    const peer = silent().send(post(1), headers(1, [['x', '1']]), headers(1, [['x', '2']]));
    assert.equal(peer.resetOf(1), 'STREAM_CLOSED');
    assert.equal(peer.connectionError, null);
  });
});

describe('RFC 7541: rules that stand between the others', () => {
  const octets = (...pieces: (Buffer | number[])[]): Buffer => Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
  const request = (id: number, ...pieces: (Buffer | number[])[]): Buffer =>
    frame(FrameType.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, id, octets(...pieces));

  test('§2.2: requests and responses have tables of their own', () => {
    const peer = ScriptedPeer.greeted({}, (exchange) => exchange.respond(200, [['x-app', 'own']], 'answered'));
    peer.send(request(1, block(getFields), [0x40, 1, 0x78, 1, 0x79]), get(3), get(5));
    assert.equal(
      peer.send(request(7, block(getFields), [0xbe])).requests.at(-1)?.fields,
      'x: y\r\nhost: example.com\r\n',
    );
  });

  test('§4.2: a block may begin with two size updates, the least and the last', () => {
    const peer = ScriptedPeer.greeted().send(request(1, [0x20, 0x3f, 0xe1, 0x1f], block(getFields)));
    assert.equal(peer.bodyOf(1), 'answered');
  });

  test('§4.3: a smaller table has lost what no longer fits', () => {
    const peer = ScriptedPeer.greeted().send(request(1, block(getFields), [0x40, 1, 0x78, 1, 0x79]));
    peer.send(request(3, [0x20, 0x3f, 0xe1, 0x1f], block(getFields), [0xbe]));
    assert.equal(peer.connectionError, 'COMPRESSION_ERROR');
  });

  test('§6.2.2, §6.2.3: literals that are not for the table do not enter it', () => {
    const peer = ScriptedPeer.greeted();
    peer.send(request(1, block(getFields), [0x00, 1, 0x78, 1, 0x79], [0x10, 1, 0x78, 1, 0x79]));
    assert.equal(peer.bodyOf(1), 'answered');
    assert.equal(peer.send(request(3, block(getFields), [0xbe])).connectionError, 'COMPRESSION_ERROR');
  });
});
