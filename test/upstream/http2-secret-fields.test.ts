import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flag, FrameType } from '../../src/wire/http2/frames/frame-type.ts';
import { frame, getFields } from '../http2/peer.ts';
import { greetHttp2 } from '../support/http2-peer.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { scriptedHttp2App } from './scripted-http2-app.ts';

const whole = Flag.END_HEADERS | Flag.END_STREAM;

/** A literal with a name of its own; `pattern` 0x10 forbids everybody to index it (RFC 7541 §6.2.3). */
function literal(pattern: number, name: string, value: string): Buffer {
  const text = (part: string): Buffer => Buffer.from([part.length, ...Buffer.from(part)]);
  return Buffer.concat([Buffer.from([pattern]), text(name), text(value)]);
}

/** The first octets of each field of a block without Huffman coding and short strings: how it may be treated. */
function patterns(block: Buffer): number[] {
  const seen: number[] = [];
  for (let at = 0; at < block.length; ) {
    const first = block[at++]!;
    seen.push(first >= 0x80 ? 0x80 : first >= 0x40 ? 0x40 : first & 0xf0);
    if (first >= 0x80) continue;
    const mask = first >= 0x40 ? 0x3f : 0x0f;
    if ((first & mask) === mask) while (block[at++]! & 0x80);
    if ((first & mask) === 0) at += 1 + block[at]!;
    at += 1 + block[at]!;
  }
  return seen;
}

const scope = sharedScope();
const app = await scriptedHttp2App(scope, ({ type, id }, connection) => {
  if (type !== FrameType.HEADERS) return;
  const answer = Buffer.concat([Buffer.from([0x88]), literal(id === 1 ? 0x10 : 0, 'x-key', 'theirs')]);
  connection.write(frame(FrameType.HEADERS, whole, id, answer));
});
const sallyport = await startSallyport(
  scope,
  `listen: { http: false, https: "127.0.0.1:0" }\nlogs: { access: off }\nsites:\n  localhost: "h2c://127.0.0.1:${app.port}"\n`,
);

test('RFC 7541 §6.2.3: what may not be indexed on the way to the app and back is passed on as such, each time', async (t) => {
  const peer = await greetHttp2(t, sallyport.https, 'localhost');
  const pseudo = getFields.map(([name, value]) => literal(0, name, name === ':authority' ? 'localhost' : value));
  const ask = async (id: number, pattern: number): Promise<void> => {
    const block = Buffer.concat([...pseudo, literal(pattern, 'x-key', 'mine')]);
    peer.send(frame(FrameType.HEADERS, whole, id, block));
    assert.equal((await peer.answer(id)).status, 200);
  };
  await ask(1, 0x10);
  for (const id of [3, 5, 7]) await ask(id, 0);
  const [secret, ...plain] = app.seen(FrameType.HEADERS).map(({ payload }) => patterns(payload));
  assert.deepEqual([...new Set(secret)], [0x10]);
  assert.ok(plain.every((each) => !each.includes(0x10)));
  assert.ok(plain.at(-1)?.includes(0x80), 'others are indexed');
  const [answer, ...others] = peer.of(FrameType.HEADERS).map(({ payload }) => patterns(payload));
  assert.deepEqual([...new Set(answer?.slice(1))], [0x10]);
  assert.ok(others.every((each) => !each.includes(0x10)));
});
