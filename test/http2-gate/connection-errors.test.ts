/** RFC 9113 §§3.4, 4, 5.1, 6: what breaks a connection breaks it with the right code, and no other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameType } from '../../src/wire/http2/frames/frame-type.ts';
import { block, data, frame, headers, ping, rst, setting, settings, uint32, windowUpdate } from '../http2/peer.ts';
import { dialHttp2, greetHttp2 } from '../support/http2-peer.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, countersOf } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope);
const sallyport = await startSallyport(scope, `${anyPorts}sites:\n  localhost: ${backend.port}\n`);

const fields: [string, string][] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'localhost'],
  [':path', '/'],
];
const get = (id: number): Buffer => headers(id, fields);
const { HEADERS, CONTINUATION, PUSH_PROMISE, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, RST_STREAM, DATA } = FrameType;

/** Frames sent behind an answered request on stream 5, and the code that ends the connection. */
const broken: Readonly<Record<string, readonly [string, ...Buffer[]]>> = {
  'an even stream (§5.1.1)': ['PROTOCOL_ERROR', get(6)],
  'a stream below one that was opened (§5.1.1)': ['STREAM_CLOSED', get(3)],
  'HEADERS on a stream that is over (§5.1)': ['STREAM_CLOSED', get(5)],
  'HEADERS on stream 0 (§6.2)': ['PROTOCOL_ERROR', get(0)],
  'DATA on stream 0 (§6.1)': ['PROTOCOL_ERROR', data(0, 'x')],
  'DATA on an idle stream (§5.1)': ['PROTOCOL_ERROR', data(9, 'x')],
  'DATA on a stream that is over (§5.1)': ['STREAM_CLOSED', data(5, 'x')],
  'RST_STREAM on an idle stream (§6.4)': ['PROTOCOL_ERROR', rst(9)],
  'RST_STREAM of a wrong length (§6.4)': ['FRAME_SIZE_ERROR', frame(RST_STREAM, 0, 5, [0, 0, 0])],
  'WINDOW_UPDATE on an idle stream (§5.1)': ['PROTOCOL_ERROR', windowUpdate(9, 1)],
  'WINDOW_UPDATE of 0 on the connection (§6.9)': ['PROTOCOL_ERROR', windowUpdate(0, 0)],
  'WINDOW_UPDATE of a wrong length (§6.9)': ['FRAME_SIZE_ERROR', frame(WINDOW_UPDATE, 0, 0, [0, 0, 1])],
  'a window beyond its greatest size (§6.9.1)': [
    'FLOW_CONTROL_ERROR',
    windowUpdate(0, 2 ** 31 - 1),
    windowUpdate(0, 2 ** 31 - 1),
  ],
  'SETTINGS on a stream (§6.5)': ['PROTOCOL_ERROR', frame(SETTINGS, 0, 5)],
  'SETTINGS of a wrong length (§6.5)': ['FRAME_SIZE_ERROR', frame(SETTINGS, 0, 0, [0, 1, 0])],
  'an acknowledgement with a payload (§6.5)': ['FRAME_SIZE_ERROR', frame(SETTINGS, 1, 0, setting(4, 1))],
  'ENABLE_PUSH of 2 (§6.5.2)': ['PROTOCOL_ERROR', settings(setting(2, 2))],
  'an initial window beyond the greatest (§6.5.2)': ['FLOW_CONTROL_ERROR', settings(setting(4, 2 ** 31))],
  'a frame size below the least (§6.5.2)': ['PROTOCOL_ERROR', settings(setting(5, 16383))],
  'PING on a stream (§6.7)': ['PROTOCOL_ERROR', frame(PING, 0, 5, Buffer.alloc(8))],
  'PING of a wrong length (§6.7)': ['FRAME_SIZE_ERROR', frame(PING, 0, 0, Buffer.alloc(7))],
  'GOAWAY on a stream (§6.8)': ['PROTOCOL_ERROR', frame(GOAWAY, 0, 5, Buffer.alloc(8))],
  'PUSH_PROMISE of a client (§8.4)': ['PROTOCOL_ERROR', frame(PUSH_PROMISE, 4, 7, uint32(2))],
  'CONTINUATION out of the blue (§6.10)': ['PROTOCOL_ERROR', frame(CONTINUATION, 4, 7, block(fields))],
  'another frame within a field block (§4.3)': ['PROTOCOL_ERROR', frame(HEADERS, 1, 7, block(fields)), ping()],
  'CONTINUATION of another stream (§6.10)': [
    'PROTOCOL_ERROR',
    frame(HEADERS, 1, 7, block(fields)),
    frame(CONTINUATION, 4, 9),
  ],
  'a frame longer than allowed (§4.2)': ['FRAME_SIZE_ERROR', frame(DATA, 0, 5, Buffer.alloc(16385))],
  'padding as long as its frame (§6.1)': ['PROTOCOL_ERROR', headers(7, fields, 4), frame(DATA, 8, 7, [1])],
  'a field block that is no HPACK (§4.3)': ['COMPRESSION_ERROR', frame(HEADERS, 5, 7, [0xff, 0xff, 0xff, 0xff, 0xff])],
  'an index outside of the tables (RFC 7541 §2.3.3)': ['COMPRESSION_ERROR', frame(HEADERS, 5, 7, [0xbe])],
  'index 0 (RFC 7541 §6.1)': ['COMPRESSION_ERROR', frame(HEADERS, 5, 7, [0x80])],
  'a table larger than allowed (RFC 7541 §6.3)': ['COMPRESSION_ERROR', frame(HEADERS, 5, 7, [0x3f, 0xff, 0xff, 0x03])],
  'a Huffman code with long padding (RFC 7541 §5.2)': [
    'COMPRESSION_ERROR',
    frame(HEADERS, 5, 7, [0x00, 0x82, 0xff, 0xff, 0x01, 0x61]),
  ],
};

for (const [what, [code, ...frames]] of Object.entries(broken)) {
  test(`${what}: ${code}`, async (t) => {
    const peer = await greetHttp2(t, sallyport.https, 'localhost');
    await peer.send(get(5)).answer(5);
    const reached = backend.requests.length;
    peer.send(...frames);
    assert.equal(await peer.ended(), code);
    assert.ok(backend.requests.length <= reached + 1);
  });
}

test('something else than the preface, and something else than SETTINGS behind it, end the connection', async (t) => {
  const other = await dialHttp2(t, sallyport.https, 'localhost');
  other.send(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
  assert.equal(await other.ended(), 'PROTOCOL_ERROR');
  const hasty = await dialHttp2(t, sallyport.https, 'localhost');
  hasty.send(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), ping());
  assert.equal(await hasty.ended(), 'PROTOCOL_ERROR');
});

test('more than the window of a stream allows is FLOW_CONTROL_ERROR of that stream (§6.9.1)', async (t) => {
  const stuck = await recordingBackend(t, ({ socket }) => {
    socket.pause();
    return null;
  });
  const site = await startSallyport(t, `${anyPorts}sites:\n  localhost: ${stuck.port}\n`);
  const peer = await greetHttp2(t, site.https, 'localhost');
  peer.send(headers(1, [[':method', 'POST'], ...fields.slice(1)], 4));
  await stuck.request(0);
  const isReset = (): boolean => peer.of(RST_STREAM, 1).length > 0;
  for (let sent = 0; sent < 2000 && !isReset(); sent += 8) {
    peer.send(...Array.from({ length: 8 }, () => data(1, Buffer.alloc(16384))));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(await peer.reset(1), 'FLOW_CONTROL_ERROR');
});

test('broken connections are counted', async () => {
  const { http2 } = await countersOf(sallyport);
  assert.ok(http2.connectionErrors! >= Object.keys(broken).length, String(http2.connectionErrors));
});
