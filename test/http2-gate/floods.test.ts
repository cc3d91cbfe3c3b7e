import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Http2Counters } from '../../src/wire/http2/counters.ts';
import { FrameType } from '../../src/wire/http2/frames/frame-type.ts';
import { block, data, frame, headers, ping, rst, setting, settings, windowUpdate } from '../http2/peer.ts';
import { greetHttp2 } from '../support/http2-peer.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, countersOf } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope);
const sallyport = await startSallyport(scope, `${anyPorts}sites:\n  localhost: ${backend.port}\n`);

const fields: [string, string][] = [
  [':scheme', 'https'],
  [':authority', 'localhost'],
  [':path', '/'],
];
const get = (id: number): Buffer => headers(id, [[':method', 'GET'], ...fields]);
const post = (id: number): Buffer => headers(id, [[':method', 'POST'], ...fields], 4);
const times = (count: number, make: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));
const odd = (index: number): number => 2 * index + 3;

/** A block that puts a long field into the dynamic table and then names it again and again: one octet for each 4 KiB. */
const bomb = Buffer.concat([
  block([[':method', 'GET'], ...fields]),
  Buffer.from([0x40, 1, 0x61, 0x7f, 0xb9, 0x1e]), // indexed literal `a` with a value of 4,000 octets
  Buffer.alloc(4000, 'x'),
  Buffer.alloc(8000, 0xbe),
]);

interface Flood {
  readonly frames: Buffer;
  readonly counter: keyof Http2Counters;
  /** Needs a stream whose request goes on. */
  readonly onStream?: boolean;
}

const floods: Readonly<Record<string, Flood>> = {
  'rapid reset (CVE-2023-44487)': {
    frames: times(3000, (index) => Buffer.concat([get(odd(index)), rst(odd(index))])),
    counter: 'rapidResets',
  },
  '"MadeYouReset" (CVE-2025-8671) by WINDOW_UPDATE of 0': {
    frames: times(3000, (index) => Buffer.concat([get(odd(index)), windowUpdate(odd(index), 0)])),
    counter: 'provokedResets',
  },
  '"MadeYouReset" by data behind the end of the request': {
    frames: times(3000, (index) => Buffer.concat([get(odd(index)), data(odd(index), 'more')])),
    counter: 'provokedResets',
  },
  'malformed requests without end': {
    frames: times(3000, (index) => headers(odd(index), [[':method', 'GET']])),
    counter: 'provokedResets',
  },
  SETTINGS: { frames: times(3000, () => settings(setting(4, 65535))), counter: 'settingsFloods' },
  PING: { frames: times(3000, () => ping()), counter: 'pingFloods' },
  'empty DATA': { frames: times(3000, () => data(1, '')), counter: 'emptyDataFloods', onStream: true },
  WINDOW_UPDATE: { frames: times(9000, () => windowUpdate(0, 1)), counter: 'windowUpdateFloods' },
  PRIORITY: {
    frames: times(9000, () => frame(FrameType.PRIORITY, 0, 1, Buffer.alloc(5))),
    counter: 'idleFrameFloods',
    onStream: true,
  },
  'frames of unknown types': { frames: times(9000, () => frame(0x77, 0, 0)), counter: 'idleFrameFloods' },
  CONTINUATION: {
    frames: Buffer.concat([
      frame(FrameType.HEADERS, 0, 3, block([[':method', 'GET'], ...fields])),
      times(200, (index) => frame(FrameType.CONTINUATION, 0, 3, block([[`x-${index}`, 'a'.repeat(1000)]]))),
    ]),
    counter: 'continuationFloods',
  },
  'empty CONTINUATION': {
    frames: Buffer.concat([frame(FrameType.HEADERS, 0, 3), times(20_000, () => frame(FrameType.CONTINUATION, 0, 3))]),
    counter: 'continuationFloods',
  },
  'HPACK bomb': { frames: frame(FrameType.HEADERS, 5, 3, bomb), counter: 'headerBombs' },
};

let { http2: before } = await countersOf(sallyport);
for (const [what, { frames, counter, onStream }] of Object.entries(floods)) {
  test(`${what}: the connection ends with ENHANCE_YOUR_CALM, is counted, and others go on`, async (t) => {
    const bystander = await greetHttp2(t, sallyport.https, 'localhost');
    const reached = backend.requests.length;
    const peer = await greetHttp2(t, sallyport.https, 'localhost');
    if (onStream) peer.send(post(1));
    peer.send(frames);
    assert.equal(await peer.ended(), 'ENHANCE_YOUR_CALM');
    const { http2 } = await countersOf(sallyport);
    assert.equal(http2[counter], before[counter]! + 1);
    before = http2;
    assert.ok(
      backend.requests.length - reached <= 500,
      `${backend.requests.length - reached} requests reached the app`,
    );
    assert.equal((await bystander.send(get(1)).answer(1)).body, 'ok');
  });
}
