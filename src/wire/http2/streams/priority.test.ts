import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { frame, getFields, headers, ScriptedPeer, uint32, windowUpdate } from '../../../../test/http2/peer.ts';
import { FrameType } from '../frames/frame-type.ts';
import { readPriority } from '../frames/priority.ts';

const read = (text: string): number => readPriority(Buffer.from(text), 0, text.length);

describe('RFC 9218 §4: the priority field', () => {
  for (const [text, urgency, incremental] of [
    ['', 3, false],
    ['u=0', 0, false],
    ['u=7, i', 7, true],
    ['i', 3, true],
    ['i=?0', 3, false],
    ['i=?1,u=5', 5, true],
    ['u=8', 3, false],
    ['u=12', 3, false],
    ['x=u=1, u=2;a=b', 2, false],
    ['fu=1', 3, false],
  ] as const) {
    test(`"${text}"`, () => assert.equal(read(text), urgency + (incremental ? 8 : 0)));
  }
});

const get = (id: number, priority?: string): Buffer =>
  headers(id, priority === undefined ? getFields : [...getFields, ['priority', priority]]);

/** Streams in the order in which their DATA came, neighbours joined. */
const order = (peer: ScriptedPeer): number[] =>
  peer
    .of(FrameType.DATA)
    .map(({ id }) => id)
    .filter((id, index, all) => id !== all[index - 1]);

/** A peer whose connection window is used up by stream 1. */
function blocked(): ScriptedPeer {
  const peer = ScriptedPeer.greeted({}, (exchange) => exchange.send(200, [], Buffer.alloc(40_000, 'x')));
  peer.send(get(1, 'u=0'), get(3, 'u=0'));
  peer.seen.length = 0;
  return peer;
}

describe('RFC 9218 §10: whose turn it is when the connection is the bottleneck', () => {
  test('the more urgent first, whatever came first', () => {
    const peer = blocked().send(get(5, 'u=6'), get(7, 'u=1'), windowUpdate(0, 1_000_000));
    assert.deepEqual(order(peer), [3, 7, 5]);
  });

  test('PRIORITY_UPDATE changes it (§7.1)', () => {
    const update = frame(FrameType.PRIORITY_UPDATE, 0, 0, Buffer.concat([uint32(5), Buffer.from('u=0')]));
    const peer = blocked().send(get(5, 'u=6'), get(7, 'u=1'), update, windowUpdate(0, 1_000_000));
    assert.deepEqual(order(peer), [3, 5, 7]);
  });

  test('one after the other unless incremental', () => {
    const peer = blocked().send(get(5, 'u=1'), get(7, 'u=1'), windowUpdate(0, 30_000), windowUpdate(0, 10_000));
    peer.send(windowUpdate(0, 10_000), windowUpdate(0, 1_000_000));
    assert.deepEqual(order(peer), [3, 5, 7]);
  });

  test('in turns when incremental, or when the client says nothing', () => {
    const peer = blocked().send(get(5), get(7), windowUpdate(0, 24_465));
    for (let count = 0; count < 4; count++) peer.send(windowUpdate(0, 5000));
    assert.deepEqual(order(peer), [3, 5, 7, 5, 7, 5]);
  });

  test('PRIORITY_UPDATE on a stream, or too short, is a connection error', () => {
    const peer = ScriptedPeer.greeted().send(frame(FrameType.PRIORITY_UPDATE, 0, 1, Buffer.alloc(8)));
    assert.equal(peer.connectionError, 'PROTOCOL_ERROR');
    const short = ScriptedPeer.greeted().send(frame(FrameType.PRIORITY_UPDATE, 0, 0, Buffer.alloc(3)));
    assert.equal(short.connectionError, 'FRAME_SIZE_ERROR');
  });
});
