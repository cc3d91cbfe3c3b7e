import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { after, test } from 'node:test';
import { defaultHttp2Settings, Http2Context } from '../../src/wire/http2/context.ts';
import { type Answer, fieldsOf, listen } from './gate.ts';

const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

async function open(answer: Answer, overrides = {}, onRequest?: Answer) {
  const gate = await listen(answer, new Http2Context({ ...defaultHttp2Settings, ...overrides }), onRequest);
  // Node's client refuses streams of its own once it holds 10 MB.
  const session = connect(`http://127.0.0.1:${gate.port}`, { maxSessionMemory: 1000 });
  session.on('error', () => {});
  closers.push(gate.close, () => session.destroy());
  await once(session, 'remoteSettings');
  return { gate, session };
}

async function read(
  stream: ClientHttp2Stream,
): Promise<{ status: number | undefined; head: OutgoingHttpHeaders; body: Buffer }> {
  const head = new Promise<OutgoingHttpHeaders>((done) => stream.once('response', done));
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  const fields = await head;
  return { status: Number(fields[':status']), head: fields, body: Buffer.concat(pieces) };
}

const echo: Answer = (exchange) => exchange.send(200, [['Content-Type', 'text/plain']], Buffer.concat(exchange.body));

function send(session: ClientHttp2Session, body: Buffer): Promise<{ body: Buffer }> {
  const stream = session.request({ ':method': 'POST', ':path': '/' });
  stream.end(body);
  return read(stream);
}

test("Node's client: a hundred uploads at once come back whole", async () => {
  const { gate, session } = await open(echo);
  const bodies = Array.from({ length: 100 }, (_, index) => Buffer.alloc(index * 5000, `${index}-`));
  const got = await Promise.all(bodies.map((body) => send(session, body)));
  for (const [index, { body }] of got.entries()) assert.equal(body.equals(bodies[index]!), true, `body ${index}`);
  assert.deepEqual(gate.happenings, { refused: [], resets: [], failures: [] });
});

test("Node's client: 20 MB up and down with little memory in between", async () => {
  const { session } = await open(echo);
  const body = Buffer.alloc(20_000_000, 'abcdefg');
  assert.equal((await send(session, body)).body.equals(body), true);
});

test("Node's client: fields that repeat and change keep both compression states in step", async () => {
  let count = 0;
  const { session } = await open((exchange) => {
    count++;
    exchange.respond(
      200,
      [
        ['X-Same', 'always'],
        ['X-Turn', `${count % 7}`],
        ['X-Unique', `${count}`],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ],
      exchange.fields,
    );
  });
  for (let turn = 1; turn <= 200; turn++) {
    const { head, body } = await read(
      session.request({ ':path': '/', 'x-a': `${turn % 5}`, 'x-unique': `${turn}`, cookie: ['a=1', 'b=2'] }),
    );
    assert.deepEqual(
      [head['x-same'], head['x-turn'], head['x-unique'], head['set-cookie']],
      ['always', `${turn % 7}`, `${turn}`, ['a=1', 'b=2']],
    );
    assert.match(body.toString(), new RegExp(`x-unique: ${turn}\r\n`));
    assert.match(body.toString(), /cookie: a=1; b=2\r\n/);
  }
});

test("Node's client: trailers, interim responses and a reset by the server", async () => {
  const { session } = await open((exchange) => {
    if (exchange.pseudo[':path'] === '/reset') {
      exchange.connection.reset(exchange.stream, constants.NGHTTP2_CANCEL);
      return;
    }
    exchange.connection.informational(exchange.stream, 103, fieldsOf([['Link', '</style.css>; rel=preload']]));
    exchange.respond(200, [], 'body', [['X-End', 'yes']]);
  });
  const stream = session.request({ ':path': '/' });
  const early = once(stream, 'headers');
  const trailers = once(stream, 'trailers');
  assert.equal((await read(stream)).body.toString(), 'body');
  assert.equal((await early)[0][':status'], 103);
  assert.equal((await trailers)[0]['x-end'], 'yes');
  const broken = session.request({ ':path': '/reset' });
  await once(broken, 'close');
  assert.equal(broken.rstCode, constants.NGHTTP2_CANCEL);
});

test("Node's client: a reset by the client is told, and ends the sending", async () => {
  const { gate, session } = await open((exchange) => exchange.send(200, [], Buffer.alloc(10_000_000)));
  const stream = session.request({ ':path': '/' });
  await once(stream, 'response');
  stream.close(constants.NGHTTP2_CANCEL);
  await once(stream, 'close');
  const pong = new Promise((done) => session.ping((error) => done(error)));
  assert.equal(await pong, null);
  assert.deepEqual(gate.happenings.resets, [{ id: 1, code: 8, by: 'peer' }]);
  assert.equal(gate.connections[0]?.openStreams, 0);
});

test("Node's client: a WebSocket's extended CONNECT carries octets both ways", async () => {
  const answer: Answer = (exchange) => exchange.say(Buffer.concat(exchange.body), true);
  const { gate, session } = await open(answer, {}, (exchange) => {
    exchange.connection.respond(exchange.stream, 200, fieldsOf([]), false);
    exchange.say(Buffer.from('welcome '), false);
  });
  assert.equal(session.remoteSettings.enableConnectProtocol, true);
  const stream = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat' });
  const { status, body } = await (async () => {
    const answered = read(stream);
    await once(stream, 'data');
    stream.end('hello');
    return answered;
  })();
  assert.deepEqual([status, body.toString()], [200, 'welcome hello']);
  assert.deepEqual(gate.happenings, { refused: [], resets: [], failures: [] });
  assert.equal(gate.connections[0]?.openStreams, 0);
});

test("Node's client: a graceful end lets what runs finish, and closes without loss", async () => {
  const held: (() => void)[] = [];
  const { gate, session } = await open((exchange) => held.push(() => exchange.respond(200, [], 'late')));
  const answer = read(session.request({ ':path': '/' }));
  await new Promise<void>((done) => session.ping(() => done()));
  const gone = once(session, 'goaway');
  gate.connections[0]?.goAway();
  // The next read of the socket takes the output along.
  await new Promise<void>((done) => session.ping(() => done()));
  assert.equal((await gone)[0], 0);
  held[0]?.();
  const closed = once(session, 'close');
  session.on('goaway', () => {});
  gate.connections[0]?.resume();
  gate.flush();
  assert.equal((await answer).body.toString(), 'late');
  await closed;
});

test("Node's client: a header table of its choice is kept to", async () => {
  const gate = await listen((exchange) => exchange.respond(200, [['X-Same', 'always']], 'x'));
  closers.push(gate.close);
  for (const headerTableSize of [0, 64, 65536]) {
    const session = connect(`http://127.0.0.1:${gate.port}`, { settings: { headerTableSize } });
    closers.push(() => session.destroy());
    for (let turn = 0; turn < 5; turn++) {
      const { head } = await read(session.request({ ':path': '/' }));
      assert.equal(head['x-same'], 'always');
    }
  }
  assert.deepEqual(gate.happenings.failures, []);
});
