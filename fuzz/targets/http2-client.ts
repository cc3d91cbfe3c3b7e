import assert from 'node:assert/strict';
import { TestClient } from '../../test/http2/client.ts';
import { block, data, frame, ping, rst, setting, settings, settingsAck, windowUpdate } from '../../test/http2/peer.ts';
import type { FuzzTarget } from '../target.ts';

const answer = (id: number, flags: number, ...fields: [string, string][]): Buffer => frame(1, flags, id, block(fields));

export const target: FuzzTarget = {
  reads: 'frames of apps that speak HTTP/2 (RFC 9113 §§4-6, §8.3.2)',
  seeds: [
    Buffer.concat([answer(1, 5, [':status', '200']), answer(3, 4, [':status', '200'])]),
    Buffer.concat([answer(1, 4, [':status', '103']), answer(1, 4, [':status', '200']), data(1, 'hello', true)]),
    Buffer.concat([
      answer(1, 4, [':status', '200'], ['content-length', '5']),
      data(1, 'hello'),
      answer(1, 5, ['grpc-status', '0']),
    ]),
    Buffer.concat([
      rst(1),
      rst(3, 7),
      frame(7, 0, 0, Buffer.alloc(8)),
      ping(),
      windowUpdate(0, 9),
      settings(setting(3, 0)),
    ]),
    answer(1, 5, [':status', '204'], ['content-length', '2']),
    Buffer.concat([answer(5, 5, [':status', '200'], ['content-length', '9']), frame(5, 4, 1, Buffer.alloc(8))]),
  ],
  dictionary: [
    answer(1, 5, [':status', '200']),
    answer(3, 4, [':status', '101']),
    data(1, 'x'),
    data(3, '', true),
    rst(5),
    settingsAck,
    frame(9, 4, 1),
  ].map((bytes) => bytes.toString('latin1')),
  mostBytes: 1200,
  check(input) {
    const client = new TestClient();
    const answers = [
      client.request('GET', '/'),
      client.request('POST', '/', [], Buffer.alloc(1000)),
      client.request('HEAD', '/'),
    ];
    for (const piece of [settings(), input]) {
      client.connection.receive(piece, 0, piece.length);
      client.take();
    }
    assert.ok(client.failures.length <= 1);
    client.connection.abandon();
    assert.equal(client.connection.openStreams, 0);
    assert.ok(answers.every(({ early, body }) => early.every((status) => status < 200) && body.length <= input.length));
    return `${client.failures[0]?.code ?? ''} ${answers.map(({ status }) => Math.floor(status / 100)).join('')}`;
  },
};
