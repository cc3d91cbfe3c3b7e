import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  block,
  data,
  frame,
  get,
  getFields,
  headers,
  ping,
  post,
  rst,
  ScriptedPeer,
  setting,
  settings,
  settingsAck,
  windowUpdate,
} from '../../../test/http2/peer.ts';
import type { Http2Counters } from './counters.ts';
import { Flag, FrameType } from './frames/frame-type.ts';
import { clientPreface } from './server-connection.ts';

/** Sends what `step` gives until the connection ends or `most` were sent; returns how many that took. */
function flood(peer: ScriptedPeer, most: number, step: (index: number) => readonly Buffer[]): number {
  let sent = 0;
  while (sent < most && peer.connection.failed < 0) peer.send(...step(sent++));
  return sent;
}

/** The flood ends with ENHANCE_YOUR_CALM before `most` steps, and its counter says so. */
function calmed(
  name: string,
  counter: keyof Http2Counters,
  most: number,
  step: (index: number) => readonly Buffer[],
  prepare: (peer: ScriptedPeer) => void = () => {},
): void {
  test(name, () => {
    const peer = ScriptedPeer.greeted({}, () => {});
    prepare(peer);
    const sent = flood(peer, most, step);
    assert.equal(peer.connectionError, 'ENHANCE_YOUR_CALM');
    assert.ok(sent < most);
    assert.equal(peer.context.counters[counter], 1);
    assert.equal(peer.connection.openStreams, 0);
  });
}

const id = (index: number): number => 2 * index + 1;

describe('floods end with ENHANCE_YOUR_CALM', () => {
  calmed('rapid reset (CVE-2023-44487)', 'rapidResets', 1000, (index) => [get(id(index)), rst(id(index))]);
  calmed('resets provoked by a window of too much (MadeYouReset, CVE-2025-8671)', 'provokedResets', 1000, (index) => [
    get(id(index)),
    windowUpdate(id(index), 2 ** 31 - 1),
  ]);
  calmed('resets provoked by WINDOW_UPDATE of 0', 'provokedResets', 1000, (index) => [
    get(id(index)),
    windowUpdate(id(index), 0),
  ]);
  calmed('resets provoked by DATA behind the end', 'provokedResets', 1000, (index) => [
    get(id(index)),
    data(id(index), 'x'),
  ]);
  calmed('resets provoked by PRIORITY of a wrong length', 'provokedResets', 1000, (index) => [
    get(id(index)),
    frame(FrameType.PRIORITY, 0, id(index), [0]),
  ]);
  calmed('resets provoked by wrong content-length', 'provokedResets', 1000, (index) => [
    post(id(index), [['content-length', '1']]),
    data(id(index), 'xx'),
  ]);
  calmed('malformed requests', 'provokedResets', 1000, (index) => [headers(id(index), [['X', 'y']])]);
  calmed('requests beyond the streams at once', 'provokedResets', 1000, (index) => [get(id(index))]);
  calmed('SETTINGS (CVE-2019-9515)', 'settingsFloods', 500, () => [settings()]);
  calmed('SETTINGS of many settings', 'settingsFloods', 10, () => [
    settings(...Array.from({ length: 2000 }, () => setting(4, 65535))),
  ]);
  calmed('acknowledgements of SETTINGS', 'settingsFloods', 500, () => [settingsAck]);
  calmed('PING (CVE-2019-9512)', 'pingFloods', 500, () => [ping()]);
  calmed('acknowledgements of PING', 'pingFloods', 500, () => [ping('pingpong', Flag.ACK)]);
  calmed(
    'DATA without data (CVE-2019-9518)',
    'emptyDataFloods',
    500,
    () => [data(1, '')],
    (peer) => peer.send(post(1)),
  );
  calmed(
    'DATA of padding alone',
    'emptyDataFloods',
    500,
    () => [frame(FrameType.DATA, Flag.PADDED, 1, [200, ...Buffer.alloc(200)])],
    (peer) => peer.send(post(1)),
  );
  calmed('WINDOW_UPDATE of 1', 'windowUpdateFloods', 5000, () => [windowUpdate(0, 1)]);
  calmed('PRIORITY (CVE-2019-9513)', 'idleFrameFloods', 5000, () => [
    frame(FrameType.PRIORITY, 0, 99, Buffer.alloc(5)),
  ]);
  calmed('unknown frames', 'idleFrameFloods', 5000, () => [frame(0x99, 0, 0)]);
  calmed('PRIORITY_UPDATE', 'idleFrameFloods', 5000, () => [frame(0x10, 0, 0, [0, 0, 0, 9])]);
  calmed(
    'RST_STREAM on a closed stream',
    'idleFrameFloods',
    5000,
    () => [rst(1)],
    (peer) => peer.send(get(1), rst(1)),
  );
  calmed('GOAWAY', 'idleFrameFloods', 5000, () => [frame(FrameType.GOAWAY, 0, 0, Buffer.alloc(8))]);
});

describe('field blocks', () => {
  test('CONTINUATION without end (CVE-2024-27316): bounded in octets', () => {
    const peer = ScriptedPeer.greeted().send(frame(FrameType.HEADERS, 0, 1, block(getFields)));
    const sent = flood(peer, 100, () => [frame(FrameType.CONTINUATION, 0, 1, Buffer.alloc(16384))]);
    assert.equal(peer.connectionError, 'ENHANCE_YOUR_CALM');
    assert.ok(sent < 8);
    assert.equal(peer.context.counters.continuationFloods, 1);
  });

  test('CONTINUATION without end: bounded in frames, empty ones too', () => {
    const peer = ScriptedPeer.greeted().send(frame(FrameType.HEADERS, 0, 1, block(getFields)));
    const sent = flood(peer, 100, () => [frame(FrameType.CONTINUATION, 0, 1)]);
    assert.equal(peer.connectionError, 'ENHANCE_YOUR_CALM');
    assert.ok(sent < 40);
  });

  test('a bomb: octets of block that become megabytes (CVE-2016-6581)', () => {
    const peer = ScriptedPeer.greeted({}, () => {});
    const large = Buffer.concat([Buffer.from('4001617fa11e', 'hex'), Buffer.alloc(0x7f + 0xf21, 'x')]);
    peer.send(frame(FrameType.HEADERS, 5, 1, Buffer.concat([block(getFields), large])));
    assert.equal(peer.requests.length, 1);
    const bomb = Buffer.concat([block(getFields), Buffer.alloc(16000, 0xbe)]);
    peer.send(frame(FrameType.HEADERS, 5, 3, bomb));
    assert.equal(peer.connectionError, 'ENHANCE_YOUR_CALM');
    assert.equal(peer.context.counters.headerBombs, 1);
  });

  test('cookie crumbs by the thousand', () => {
    const peer = ScriptedPeer.greeted();
    peer.send(headers(1, [...getFields, ...Array.from({ length: 900 }, () => ['cookie', 'a=b'] as const)]));
    assert.ok(['431', '200'].includes(peer.heads()[0]?.lines[0] ?? ''));
  });
});

describe('peers that do not read', () => {
  test('who goes on asking without reading answers is left (CVE-2019-9517)', () => {
    const peer = ScriptedPeer.greeted({ outputLimit: 65536 }, (exchange) =>
      exchange.respond(302, [['x', 'y'.repeat(4000)]]),
    );
    for (let index = 0; index < 1000 && peer.connection.failed < 0; index++) peer.sendOnly(get(id(index)));
    assert.equal(peer.take().connectionError, 'ENHANCE_YOUR_CALM');
    assert.equal(peer.context.counters.unreadOutputs, 1);
    assert.ok(peer.requests.length < 200);
  });

  test('a stream whose window stays shut is reset after the time allowed (CVE-2019-9511), others live on', () => {
    const peer = ScriptedPeer.greeted({ stallTimeout: 60_000 }, (exchange) => {
      if (exchange.stream.id === 1) exchange.send(200, [], Buffer.alloc(100_000));
    });
    peer.connection.tick(1_000_000);
    peer.send(windowUpdate(0, 1_000_000), get(1), get(3));
    peer.connection.tick(1_050_000);
    peer.send(windowUpdate(1, 10));
    peer.connection.tick(1_100_000);
    assert.equal(peer.take().resetOf(1), null, 'it moved meanwhile');
    peer.connection.tick(1_120_000);
    assert.equal(peer.take().resetOf(1), 'CANCEL');
    assert.equal(peer.context.counters.stalledStreams, 1);
    assert.equal(peer.connection.openStreams, 1);
  });

  test('so is one that waits for the window of the connection', () => {
    const peer = ScriptedPeer.greeted({}, (exchange) => exchange.send(200, [], Buffer.alloc(60_000)));
    peer.connection.tick(1_000_000);
    peer.send(get(1), get(3));
    peer.connection.tick(1_070_000);
    assert.equal(peer.take().resetOf(3), 'CANCEL');
  });
});

test('who waits for the connection while others are served is not stalled', () => {
  const peer = ScriptedPeer.greeted({}, (exchange) => exchange.send(200, [], Buffer.alloc(60_000)));
  peer.connection.tick(1_000_000);
  peer.send(get(1), headers(3, [...getFields, ['priority', 'u=0']]), headers(5, [...getFields, ['priority', 'u=7']]));
  peer.connection.tick(1_050_000);
  peer.send(windowUpdate(0, 1000));
  peer.connection.tick(1_070_000);
  assert.equal(peer.take().resetOf(5), null);
  assert.equal(peer.connection.openStreams, 2);
});

test('a driver can see that a head has begun and not ended', () => {
  const peer = new ScriptedPeer();
  assert.equal(peer.connection.isMidway, true);
  peer.send(clientPreface, settings());
  assert.equal(peer.connection.isMidway, false);
  peer.send(get(1).subarray(0, 4));
  assert.equal(peer.connection.isMidway, true);
  peer.send(get(1).subarray(4));
  assert.equal(peer.connection.isMidway, false);
  peer.send(frame(FrameType.HEADERS, 0, 3, block(getFields)));
  assert.equal(peer.connection.isMidway, true);
});

describe('honest clients never run out', () => {
  test('a hundred thousand requests as fast as they go, with window updates for every answer and a PING now and then', () => {
    const peer = ScriptedPeer.greeted();
    for (let index = 0; index < 100_000; index += 100) {
      const turn: Buffer[] = [];
      for (let next = index; next < index + 100; next++) turn.push(get(id(next)));
      turn.push(windowUpdate(0, 800), ping());
      for (let next = index; next < index + 100; next++) turn.push(windowUpdate(id(next), 8));
      peer.send(...turn);
      peer.seen.length = 0;
      peer.requests.length = 0;
    }
    assert.deepEqual(peer.happenings, { refused: [], resets: [], failures: [] });
  });

  test('a browser that leaves ten pages a second, each with its streams at once', () => {
    const peer = ScriptedPeer.greeted({}, () => {});
    peer.connection.tick(1000);
    let next = 0;
    for (let second = 1; second < 20; second++) {
      for (let index = 0; index < 40; index++, next++) peer.send(get(id(next)));
      for (let index = next - 40; index < next; index++) peer.send(rst(id(index)));
      peer.connection.tick(1000 + second * 1000);
    }
    assert.deepEqual(peer.happenings.failures, []);
  });

  test('a large download whose reader opens both windows for every 4 KiB', () => {
    const peer = ScriptedPeer.greeted({}, (exchange) => exchange.send(200, [], Buffer.alloc(50_000_000)));
    peer.send(get(1));
    let received = 0;
    while (received < 50_000_000 && peer.connection.failed < 0) {
      const frames = peer.of(FrameType.DATA);
      assert.ok(frames.length > 0, 'it stopped');
      peer.seen.length = 0;
      for (const { payload } of frames) {
        received += payload.length;
        for (let left = payload.length; left > 0; left -= 4096) {
          const step = Math.min(left, 4096);
          peer.send(windowUpdate(0, step), windowUpdate(1, step));
        }
      }
    }
    assert.equal(peer.connection.failed, -1);
    assert.equal(received, 50_000_000);
  });

  test('an upload in small pieces', () => {
    const peer = ScriptedPeer.greeted().send(post(1));
    for (let count = 0; count < 20_000; count++) peer.send(data(1, 'message'));
    peer.send(data(1, '', true));
    assert.equal(peer.bodyOf(1), 'answered');
  });
});
