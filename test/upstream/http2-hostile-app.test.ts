import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FrameType } from '../../src/wire/http2/frames/frame-type.ts';
import { anyPorts, bodyOf, statuses } from '../exchange/support.ts';
import { frame, headers, setting, uint32 } from '../http2/peer.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { type ScriptedConnection, scriptedHttp2App } from './scripted-http2-app.ts';

const scope = sharedScope();

/** What the app does when a request has come; the path of a request is not looked at. */
type Deed = (id: number, connection: ScriptedConnection) => void;
const good: Deed = (id, { write }) =>
  write(headers(id, [[':status', '200']], 4), frame(FrameType.DATA, 1, id, Buffer.from('good')));
let deed: Deed = good;
const app = await scriptedHttp2App(scope, ({ type, id }, connection) => {
  if (type === FrameType.HEADERS) deed(id, connection);
});
const sallyport = await startSallyport(
  scope,
  `${anyPorts}workers: 1\nlimits: { responseTimeout: 1s, bodyIdle: 1s }\nsites:\n  plain.test: { tls: off, to: "h2c://127.0.0.1:${app.port}" }\n`,
);
const ask = (method = 'GET', more = '\r\n') =>
  rawExchange(sallyport.http, `${method} / HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n${more}`);

const data = (id: number, text: string, flags = 0): Buffer => frame(FrameType.DATA, flags, id, Buffer.from(text));
const head = (id: number, ...fields: [string, string][]): Buffer => headers(id, [[':status', '200'], ...fields], 4);

/** Before any answer has begun: the client gets 502. */
const unanswered: Record<string, Deed> = {
  'a field block that cannot be decoded': (id, { write }) =>
    write(frame(FrameType.HEADERS, 5, id, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))),
  'no :status': (id, { write }) => write(headers(id, [['x', 'y']], 5)),
  'a status of two digits': (id, { write }) => write(headers(id, [[':status', '20']], 5)),
  'status 101': (id, { write }) => write(headers(id, [[':status', '101']], 4)),
  'an upper-case name': (id, { write }) => write(head(id, ['X-Upper', 'y'])),
  'a line end in a value': (id, { write }) => write(head(id, ['x', 'a\r\nSet-Cookie: b=c'])),
  'a field of the connection': (id, { write }) => write(head(id, ['transfer-encoding', 'chunked'])),
  'two lengths': (id, { write }) => write(head(id, ['content-length', '1'], ['content-length', '2'])),
  'a length, and no body': (id, { write }) =>
    write(
      headers(
        id,
        [
          [':status', '200'],
          ['content-length', '5'],
        ],
        5,
      ),
    ),
  'DATA before the head': (id, { write }) => write(data(id, 'early')),
  'an answer on a stream that nobody opened': (id, { write }) => write(head(id + 100)),
  'a push': (id, { write }) => write(frame(FrameType.PUSH_PROMISE, 4, id, Buffer.from([0, 0, 0, 2, 0x88]))),
  'a frame that is too long': (_id, { socket }) => void socket.write(Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1])),
  'a window that is too large': (id, { write }) => write(frame(FrameType.WINDOW_UPDATE, 0, id, uint32(0x7fffffff))),
  RST_STREAM: (id, { write }) => write(frame(FrameType.RST_STREAM, 0, id, uint32(2))),
  'the end of the connection': (_id, { socket }) => void socket.end(),
  'a reset of the connection': (_id, { socket }) => void socket.resetAndDestroy(),
};

for (const [what, does] of Object.entries(unanswered)) {
  test(`${what}: the client gets 502, the next request its answer`, async () => {
    deed = does;
    // Not to be sent twice: what is asked again on a fresh connection is another test.
    assert.deepEqual(statuses((await ask('POST')).text), [502]);
    deed = good;
    assert.match(bodyOf((await ask()).text), /good/);
  });
}

/** After the head has been passed on: the client sees that the answer is cut. */
const broken: Record<string, Deed> = {
  RST_STREAM: (id, { write }) => write(head(id), data(id, 'some'), frame(FrameType.RST_STREAM, 0, id, uint32(2))),
  'the end of the connection': (id, { write, socket }) => {
    write(head(id), data(id, 'some'));
    socket.end();
  },
  'more DATA than the length': (id, { write }) =>
    write(head(id, ['content-length', '5']), data(id, 'some'), data(id, 'thing')),
  'less DATA than the length': (id, { write }) => write(head(id, ['content-length', '9']), data(id, 'some', 1)),
  'trailers that do not end the stream': (id, { write }) =>
    write(head(id), data(id, 'some'), headers(id, [['x-sum', '1']], 4)),
  'a pseudo-field in trailers': (id, { write }) =>
    write(head(id), data(id, 'some'), headers(id, [[':status', '200']], 5)),
  'GOAWAY with an error, and the end': (id, { write, socket }) => {
    write(head(id), data(id, 'some'), frame(FrameType.GOAWAY, 0, 0, Buffer.concat([uint32(id), uint32(2)])));
    socket.end();
  },
  silence: (id, { write }) => write(head(id), data(id, 'some')),
};

for (const [what, does] of Object.entries(broken)) {
  test(`${what} in the middle of an answer: it is visibly cut, the next request is answered`, async () => {
    deed = does;
    const { text, end } = await ask('POST');
    assert.deepEqual(statuses(text), [200]);
    assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
    if (/content-length/i.test(text)) assert.notEqual(bodyOf(text).length, Number(/length: (\d)/i.exec(text)?.[1]));
    assert.notEqual(end, 'deadline');
    deed = good;
    assert.match(bodyOf((await ask()).text), /good/);
  });
}

test('GOAWAY behind a request: it is answered, the next one goes to another connection', async () => {
  deed = (id, connection) => {
    connection.write(
      frame(FrameType.GOAWAY, 0, 0, Buffer.concat([uint32(id), uint32(0)])),
      head(id),
      data(id, 'good', 1),
    );
  };
  const before = app.connections.length;
  assert.match(bodyOf((await ask()).text), /good/);
  assert.match(bodyOf((await ask()).text), /good/);
  assert.equal(app.connections.length > before, true);
});

for (const [what, refuse] of [
  ['GOAWAY below a request', (_id: number) => frame(FrameType.GOAWAY, 0, 0, Buffer.concat([uint32(0), uint32(0)]))],
  ['REFUSED_STREAM', (id: number) => frame(FrameType.RST_STREAM, 0, id, uint32(7))],
] as const) {
  test(`${what}: it is asked once more, whatever its method`, async () => {
    for (const method of ['GET', 'POST']) {
      deed = (id, { write }) => {
        deed = good;
        write(refuse(id));
      };
      assert.match(bodyOf((await ask(method)).text), /good/);
    }
  });

  test(`${what} twice: the client gets 502`, async () => {
    deed = (id, { write }) => write(refuse(id));
    assert.deepEqual(statuses((await ask()).text), [502]);
  });
}

test('a connection that dies at its second request: the request is asked again on another', async () => {
  deed = good;
  await ask();
  deed = (_id, { socket }) => {
    deed = good;
    socket.resetAndDestroy();
  };
  assert.match(bodyOf((await ask()).text), /good/);
});

test('a window that stays shut: the upload is given up after limits.bodyIdle, others go on', async () => {
  const before = app.seen(FrameType.HEADERS).length;
  deed = () => {};
  const stalled = ask('POST', `Content-Length: 1000000\r\n\r\n${'x'.repeat(1_000_000)}`);
  while (app.seen(FrameType.HEADERS).length === before) await delay(5);
  const { id } = app.seen(FrameType.HEADERS).at(-1)!;
  deed = good;
  assert.match(bodyOf((await ask()).text), /good/);
  assert.deepEqual(statuses((await stalled).text), [408]);
  const sent = app.seen(FrameType.DATA).filter((one) => one.id === id);
  assert.equal(
    sent.reduce((sum, { payload }) => sum + payload.length, 0),
    65_535,
  );
  while (!app.seen(FrameType.RST_STREAM).some((one) => one.id === id)) await delay(5);
});

test('pings that are answered into a full socket do not fill the memory', async () => {
  deed = (_id, { socket }) => {
    socket.pause();
    const pings = Buffer.concat(Array.from({ length: 4000 }, () => frame(FrameType.PING, 0, 0, Buffer.alloc(8))));
    const flood = (): void => {
      while (socket.writable && socket.write(pings));
    };
    socket.on('drain', flood);
    flood();
  };
  assert.deepEqual(statuses((await ask('POST')).text).length, 1);
  deed = good;
  assert.match(bodyOf((await ask()).text), /good/);
});

test('settings that change a window in mid-air are followed', async () => {
  deed = (id, { write }) => {
    write(frame(FrameType.SETTINGS, 0, 0, setting(4, 10)), frame(FrameType.SETTINGS, 0, 0, setting(4, 1_000_000)));
    write(head(id), data(id, 'good', 1));
  };
  assert.match(bodyOf((await ask()).text), /good/);
});
