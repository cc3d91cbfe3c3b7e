import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { data, frame, get, post, ScriptedPeer } from '../../../../test/http2/peer.ts';
import { Flag, FrameType } from './frame-type.ts';

const padded = (id: number, pad: number, content: string, padding: number, end = true): Buffer =>
  frame(
    FrameType.DATA,
    Flag.PADDED | (end ? Flag.END_STREAM : 0),
    id,
    Buffer.concat([Buffer.from([pad]), Buffer.from(content), Buffer.alloc(padding)]),
  );

const bodyOf = (peer: ScriptedPeer): string => Buffer.concat(peer.requests[0]?.body ?? []).toString();

describe('RFC 9113 §6.1: DATA', () => {
  test('on stream 0 is a connection error PROTOCOL_ERROR', () => {
    assert.equal(ScriptedPeer.greeted().send(data(0, 'x')).connectionError, 'PROTOCOL_ERROR');
  });

  test('padding is left out of the body', () => {
    const peer = ScriptedPeer.greeted().send(post(1), padded(1, 6, 'body', 6));
    assert.equal(bodyOf(peer), 'body');
    assert.equal(peer.bodyOf(1), 'answered');
  });

  test('padding may be all there is', () => {
    assert.equal(
      ScriptedPeer.greeted()
        .send(post(1), padded(1, 3, '', 3))
        .bodyOf(1),
      'answered',
    );
  });

  test('padding as long as the frame or longer is a connection error PROTOCOL_ERROR', () => {
    assert.equal(ScriptedPeer.greeted().send(post(1), padded(1, 5, 'body', 0)).connectionError, 'PROTOCOL_ERROR');
  });

  test('PADDED without a pad length is a connection error FRAME_SIZE_ERROR', () => {
    const empty = frame(FrameType.DATA, Flag.PADDED, 1);
    assert.equal(ScriptedPeer.greeted().send(post(1), empty).connectionError, 'FRAME_SIZE_ERROR');
  });

  test('on a stream that is half-closed (remote) is a stream error STREAM_CLOSED', () => {
    const peer = ScriptedPeer.greeted({}, () => {}).send(get(1), data(1, 'x'));
    assert.equal(peer.resetOf(1), 'STREAM_CLOSED');
    assert.deepEqual(peer.happenings.resets, [{ id: 1, code: 5, by: 'us' }]);
  });

  test('on an idle stream is a connection error PROTOCOL_ERROR (§5.1)', () => {
    assert.equal(ScriptedPeer.greeted().send(data(1, 'x')).connectionError, 'PROTOCOL_ERROR');
  });
});

describe('RFC 9113 §8.1.1: content-length and DATA disagree', () => {
  test('more than announced: stream error PROTOCOL_ERROR, and the excess is not handed on', () => {
    const peer = ScriptedPeer.greeted().send(post(1, [['content-length', '4']]), data(1, 'bodyandmore'));
    assert.equal(peer.resetOf(1), 'PROTOCOL_ERROR');
    assert.equal(bodyOf(peer), '');
  });

  test('less than announced', () => {
    const peer = ScriptedPeer.greeted().send(post(1, [['content-length', '9']]), data(1, 'body', true));
    assert.equal(peer.resetOf(1), 'PROTOCOL_ERROR');
    assert.equal(peer.bodyOf(1), '');
  });

  test('as announced, in several frames', () => {
    const peer = ScriptedPeer.greeted().send(
      post(1, [['content-length', '4']]),
      data(1, 'bo'),
      data(1, 'dy'),
      data(1, '', true),
    );
    assert.equal(bodyOf(peer), 'body');
    assert.equal(peer.bodyOf(1), 'answered');
  });
});
