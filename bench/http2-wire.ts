/**
 * What the wire work of one small HTTP/2 request and response costs: microseconds of this process, no sockets, no TLS.
 * Run: node bench/http2-wire.ts [requests]
 */
import { Http2Context } from '../src/wire/http2/context.ts';
import type { FieldSection } from '../src/wire/http2/fields/field-section.ts';
import { clientPreface, ServerConnection, type ServerHandler } from '../src/wire/http2/server-connection.ts';
import type { Stream } from '../src/wire/http2/streams/stream.ts';

const browserFields: readonly [string, string][] = [
  ['sec-ch-ua', '"Chromium";v="130", "Not?A_Brand";v="99"'],
  ['sec-ch-ua-mobile', '?0'],
  ['sec-ch-ua-platform', '"Linux"'],
  ['upgrade-insecure-requests', '1'],
  [
    'user-agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  ],
  ['accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
  ['sec-fetch-site', 'none'],
  ['sec-fetch-mode', 'navigate'],
  ['accept-encoding', 'gzip, deflate, br'],
  ['accept-language', 'en-GB,en;q=0.9'],
  ['cookie', 'session=0123456789abcdef0123456789abcdef'],
];
const appFields: readonly [string, string][] = [
  ['Server', 'nginx/1.22.1'],
  ['Date', 'Sun, 22 Nov 2026 01:28:08 GMT'],
  ['Content-Type', 'text/plain; charset=utf-8'],
  ['Content-Length', '102'],
  ['Last-Modified', 'Sat, 21 Nov 2026 10:00:00 GMT'],
  ['ETag', '"66a0b0b4-66"'],
  ['Accept-Ranges', 'bytes'],
];

function literal(name: string, value: string): Buffer {
  const bytes = Buffer.from(
    `\x40${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`,
    'latin1',
  );
  return bytes;
}

function frame(type: number, flags: number, id: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

/** Requests in batches of `perTurn`, as a client sends them; returns microseconds a request. */
function run(requests: number, perTurn: number, extra: readonly (readonly [string, string])[]): number {
  const context = new Http2Context();
  const response = Buffer.from(appFields.map(([name, value]) => `${name}: ${value}\r\n`).join(''), 'latin1');
  const body = Buffer.alloc(102, 'x');
  const upstream = Buffer.alloc(65536);
  const table = {
    count: 0,
    end: 0,
    bytes: upstream,
    offsets: new Int32Array(600),
    ids: new Uint8Array(150),
    secret: false,
  };
  const unused = (): void => {};
  const handler: ServerHandler = {
    onRequest(stream: Stream, head: FieldSection): void {
      head.copyTo(table, upstream, 0);
      connection.respondLines(stream, 200, response, 0, response.length, false);
      connection.data(stream, body, 0, body.length, true);
    },
    onData: unused,
    onTrailers: unused,
    onEnd: unused,
    onReset: unused,
    onWritable: unused,
    onGoAway: unused,
    onRefused: (_id, reason) => console.log('refused', reason),
    onFailed: (code, reason) => console.log('failed', code, reason),
  };
  const connection = new ServerConnection(context, handler);
  const take = (): void => {
    for (let arena = connection.takeOutput(); arena !== null; arena = connection.takeOutput())
      context.arenas.give(arena);
    connection.resume();
  };
  const settings = Buffer.alloc(12);
  settings.writeUInt16BE(4, 0);
  settings.writeUInt32BE(0x7fffffff, 2);
  settings.writeUInt16BE(3, 6);
  const hello = Buffer.concat([
    clientPreface,
    frame(4, 0, 0, settings.subarray(0, 6)),
    frame(8, 0, 0, Buffer.from([0x7f, 0, 0, 0])),
  ]);
  connection.receive(hello, 0, hello.length);
  const first = Buffer.concat([
    Buffer.from([0x82, 0x87, 0x84]),
    Buffer.concat([Buffer.from([0x41, 9]), Buffer.from('localhost')]),
    ...extra.map(([name, value]) => literal(name, value)),
  ]);
  const one = frame(1, 5, 1, first);
  connection.receive(one, 0, one.length);
  const again = Buffer.from([
    0x82,
    0x87,
    0x84,
    ...Array.from({ length: extra.length + 1 }, (_, index) => 0xbe + extra.length - index),
  ]);
  const batch = Buffer.concat(Array.from({ length: perTurn }, () => frame(1, 5, 0, again)));
  const step = 9 + again.length;
  let id = 3;
  const start = process.cpuUsage();
  for (let done = 0; done < requests; done += perTurn) {
    for (let index = 0; index < perTurn; index++, id += 2) batch.writeUInt32BE(id, index * step + 5);
    connection.receive(batch, 0, batch.length);
    take();
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / requests;
}

const requests = Number(process.argv[2] ?? 50_000);
let small = Infinity;
let browser = Infinity;
for (let round = 0; round < 10; round++) {
  small = Math.min(small, run(requests, 16, []));
  browser = Math.min(browser, run(requests, 16, browserFields));
}
console.log(
  `least CPU time of 10 rounds: plain ${small.toFixed(2)} us, browser fields ${browser.toFixed(2)} us per request`,
);
