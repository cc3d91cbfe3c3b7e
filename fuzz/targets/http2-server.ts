import assert from 'node:assert/strict';
import { clientPreface } from '../../src/wire/http2/server-connection.ts';
import {
  block,
  data,
  frame,
  get,
  getFields,
  ping,
  post,
  postFields,
  rst,
  ScriptedPeer,
  setting,
  settings,
  settingsAck,
  windowUpdate,
} from '../../test/http2/peer.ts';
import type { FuzzTarget } from '../target.ts';

const greeting = Buffer.concat([settings(), settingsAck]);

/** The names of what happened: a summary that may not depend on where the octets were cut. */
function converse(input: Buffer, size: number): { seen: string; happened: string; failed: number } {
  const peer = new ScriptedPeer({ maxConcurrentStreams: 4 });
  peer.send(clientPreface, greeting);
  for (let at = 0; at < input.length; at += size) {
    peer.sendOnly(input.subarray(at, at + size));
    assert.ok(peer.connection.openStreams <= 4);
  }
  peer.take();
  const { failed } = peer.connection;
  assert.equal(peer.happenings.failures.length, failed >= 0 ? 1 : 0);
  if (failed >= 0) assert.equal(peer.connection.openStreams, 0);
  const requests = peer.requests.length;
  peer.connection.abandon();
  assert.equal(peer.connection.openStreams, 0);
  return { seen: String(peer.connectionError), happened: `${Math.min(3, requests)} requests`, failed };
}

export const target: FuzzTarget = {
  reads: 'frames of HTTP/2 clients (RFC 9113 §§4-6), cut anywhere',
  seeds: [
    get(1),
    Buffer.concat([post(1), data(1, 'hello', true), get(3)]),
    Buffer.concat([post(1, [['content-length', '5']]), data(1, 'hel'), data(1, 'lo', true)]),
    Buffer.concat([get(1), rst(1), get(3), rst(3), ping(), windowUpdate(0, 100), settings(setting(4, 10))]),
    Buffer.concat([frame(1, 1, 1, block(getFields).subarray(0, 11)), frame(9, 4, 1, block(getFields).subarray(11))]),
    Buffer.concat([
      frame(1, 0x2d, 1, Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 7]), block(postFields), Buffer.alloc(2)])),
    ]),
    Buffer.concat([post(1), frame(0, 9, 1, Buffer.from('\x03body\0\0\0'))]),
    Buffer.concat([
      frame(7, 0, 0, Buffer.alloc(12)),
      frame(2, 0, 9, Buffer.alloc(5)),
      frame(0x99, 1, 7, Buffer.alloc(20)),
    ]),
  ],
  dictionary: [
    get(5),
    post(7),
    data(7, 'x', true),
    ping(),
    rst(1),
    settings(setting(1, 0)),
    settingsAck,
    frame(9, 4, 1),
  ].map((bytes) => bytes.toString('latin1')),
  mostBytes: 1200,
  check(input) {
    const whole = converse(input, Math.max(1, input.length));
    const pieces = converse(input, 23);
    assert.deepEqual([pieces.failed, pieces.seen], [whole.failed, whole.seen]);
    return `${whole.seen} ${whole.happened}`;
  },
};
