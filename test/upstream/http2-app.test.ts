import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { anyPorts, bodyOf, statuses } from '../exchange/support.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { bodyOfStream, type Http2Handler, http2App } from './http2-app.ts';

const scope = sharedScope();
const large = 32 * 1024 * 1024;
let trailersSeen: IncomingHttpHeaders | null = null;
let resets = 0;

const handlers: Record<string, Http2Handler> = {
  '/hello': (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'text/plain', 'content-length': 5 });
    stream.end('hello');
  },
  '/no-length': (stream) => {
    stream.respond({ ':status': 200 });
    stream.write('some ');
    stream.end('text');
  },
  '/nothing': (stream) => stream.respond({ ':status': 200 }, { endStream: true }),
  '/no-content': (stream) => stream.respond({ ':status': 204 }, { endStream: true }),
  '/not-modified': (stream) => stream.respond({ ':status': 304, etag: '"1"' }, { endStream: true }),
  '/early-hints': (stream) => {
    stream.additionalHeaders({ ':status': 103, link: '</style.css>; rel=preload' });
    stream.respond({ ':status': 200, 'content-length': 2 });
    stream.end('ok');
  },
  '/trailers': (stream) => {
    stream.respond({ ':status': 200, trailer: 'x-sum' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42', 'content-type': 'a/b' }));
    stream.end('body');
  },
  '/echo': async (stream, head) => {
    if (head.expect !== undefined) stream.additionalHeaders({ ':status': 100 });
    stream.on('trailers', (trailers: IncomingHttpHeaders) => {
      trailersSeen = trailers;
    });
    const body = await bodyOfStream(stream).catch(() => null);
    if (body === null) return;
    stream.respond({ ':status': 200, 'content-length': body.length });
    stream.end(body);
  },
  '/large': (stream) => {
    stream.respond({ ':status': 200, 'content-length': large });
    stream.end(Buffer.alloc(large, 'x'));
  },
  '/refuses': (stream) => {
    stream.respond({ ':status': 413 });
    stream.end('too large');
  },
  '/redirect': (stream) => {
    stream.respond({ ':status': 302, location: `http://127.0.0.1:${app.port}/there` }, { endStream: true });
  },
  '/reset': (stream) => stream.close(2),
  '/reset-midway': (stream) => {
    stream.respond({ ':status': 200, 'content-length': 100 });
    stream.write('some', () => stream.close(2));
  },
  '/hang': (stream) => {
    stream.on('aborted', () => resets++);
  },
};
const app = await http2App(
  scope,
  (stream, head, path) => {
    if (head[':method'] === 'HEAD') stream.respond({ ':status': 200, 'content-length': 5 }, { endStream: true });
    else handlers[path.replace(/\?.*$/, '')]?.(stream, head, path);
  },
  // Node's server refuses streams once it holds 10 MB.
  { maxSessionMemory: 1000 },
);
const sallyport = await startSallyport(
  scope,
  `${anyPorts}limits: { responseTimeout: 1s }\nsites:
  plain.test: { tls: off, to: "h2c://127.0.0.1:${app.port}" }
  secure.test: "h2c://127.0.0.1:${app.port}"
`,
);
const ask = (path: string, { method = 'GET', fields = '', body = '' } = {}) =>
  rawExchange(
    sallyport.http,
    `${method} ${path} HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n${fields}\r\n${body}`,
  );

suite('an HTTP/1.1 client and an app that speaks HTTP/2', () => {
  test('a request arrives with the fields that every app gets', async () => {
    const { text } = await ask('/hello?a=b%20c', { fields: 'X-Some: thing\r\nTE: trailers\r\n' });
    assert.equal(bodyOf(text), 'hello');
    const head = app.heads.at(-1)!;
    assert.equal(head[':method'], 'GET');
    assert.equal(head[':path'], '/hello?a=b%20c');
    assert.equal(head[':authority'], 'plain.test');
    assert.equal(head[':scheme'], 'http');
    assert.equal(head['x-some'], 'thing');
    assert.equal(head['x-forwarded-proto'], 'http');
    assert.equal(head['x-forwarded-host'], 'plain.test');
    assert.equal(head['x-forwarded-for'], '127.0.0.1');
    assert.equal(head.via, '1.1 sallyport');
    for (const gone of ['host', 'connection', 'te', 'transfer-encoding']) assert.equal(head[gone], undefined, gone);
  });

  test('an answer of known length', async () => {
    const { text } = await ask('/hello');
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(text, /\r\ncontent-length: 5\r\n/i);
    assert.match(text, /\r\nvia: 2\.0 sallyport\r\n/i);
    assert.equal(bodyOf(text), 'hello');
  });

  test('an answer without a length comes in chunks', async () => {
    const { text } = await ask('/no-length');
    assert.match(text, /\r\nTransfer-Encoding: chunked\r\n/);
    assert.match(bodyOf(text), /some .*text.*\r\n0\r\n\r\n$/s);
  });

  test('a head that is all of the answer is framed too', async () => {
    const { text } = await ask('/nothing');
    assert.equal(bodyOf(text), '0\r\n\r\n');
  });

  for (const [path, status] of [
    ['/no-content', 204],
    ['/not-modified', 304],
  ] as const) {
    test(`${status} has no body and no framing`, async () => {
      const { text } = await ask(path);
      assert.deepEqual(statuses(text), [status]);
      assert.doesNotMatch(text, /transfer-encoding|content-length/i);
      assert.equal(bodyOf(text), '');
    });
  }

  test('HEAD keeps the length and has no body', async () => {
    const { text } = await ask('/hello', { method: 'HEAD' });
    assert.match(text, /content-length: 5\r\n/i);
    assert.equal(bodyOf(text), '');
  });

  test('an early hint comes before the answer', async () => {
    const { text } = await ask('/early-hints');
    assert.deepEqual(statuses(text), [103, 200]);
    assert.match(text, /link: <\/style\.css>/i);
  });

  test('trailers of the app come behind the last chunk, without those that would frame', async () => {
    const { text } = await ask('/trailers');
    assert.match(bodyOf(text), /\r\n0\r\nx-sum: 42\r\n\r\n$/);
  });

  test('trailers of the client reach the app', async () => {
    trailersSeen = null;
    const { text } = await ask('/echo', {
      method: 'POST',
      fields: 'Transfer-Encoding: chunked\r\n',
      body: '5\r\nhello\r\n0\r\nX-Sum: 42\r\nContent-Length: 9\r\n\r\n',
    });
    assert.equal(bodyOf(text), 'hello');
    assert.equal(Reflect.get(trailersSeen ?? {}, 'x-sum'), '42');
    assert.equal(Reflect.get(trailersSeen ?? {}, 'content-length'), undefined);
  });

  test('100-continue is asked of the app', async () => {
    const client = connect(sallyport.http, '127.0.0.1');
    client.write('POST /echo HTTP/1.1\r\nHost: plain.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
    const [first] = (await once(client, 'data')) as [Buffer];
    assert.match(first.toString(), /^HTTP\/1\.1 100 /);
    client.write('hello');
    const [second] = (await once(client, 'data')) as [Buffer];
    assert.match(second.toString(), /^HTTP\/1\.1 200 /);
    client.destroy();
  });

  test('an upload that the app refuses is answered, and cut', async () => {
    const { text, end } = await ask('/refuses', {
      method: 'POST',
      fields: `Content-Length: ${large}\r\n`,
      body: 'x'.repeat(100_000),
    });
    assert.deepEqual(statuses(text), [413]);
    assert.notEqual(end, 'deadline');
  });

  test('a redirect to the app comes back with the public name', async () => {
    assert.match((await ask('/redirect')).text, /location: http:\/\/plain\.test\/there\r\n/i);
  });

  test('a stream that the app resets before an answer is 502', async () => {
    assert.deepEqual(statuses((await ask('/reset')).text), [502]);
    assert.match(sallyport.output(), /h2c:\/\/127\.0\.0\.1:\d+: the app reset the stream \(INTERNAL_ERROR\)/);
  });

  test('an answer that the app breaks off is visibly cut', async () => {
    const { text } = await ask('/reset-midway');
    assert.deepEqual(statuses(text), [200]);
    assert.equal(bodyOf(text).length < 100, true);
  });

  test('an app that does not answer is 504, and its stream is reset', async () => {
    const before = resets;
    assert.deepEqual(statuses((await ask('/hang')).text), [504]);
    while (resets === before) await delay(10);
  });

  test('a client that goes away cancels its request', async () => {
    const before = resets;
    const seen = app.heads.length;
    const client = connect(sallyport.http, '127.0.0.1');
    client.on('error', () => {});
    client.write('GET /hang HTTP/1.1\r\nHost: plain.test\r\n\r\n');
    while (app.heads.length === seen) await delay(10);
    client.resetAndDestroy();
    while (resets === before) await delay(10);
  });

  test('a reader that pauses gets a large answer whole, and does not stop others', async () => {
    const client = connect(sallyport.http, '127.0.0.1');
    client.write('GET /large HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n');
    let received = 0;
    let paused = false;
    client.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (paused) return;
      paused = true;
      client.pause();
      setTimeout(() => client.resume(), 300);
    });
    await delay(100);
    assert.equal(bodyOf((await ask('/hello')).text), 'hello');
    await once(client, 'end');
    assert.equal(received > large, true);
  });

  test('many requests at once share a few connections', async () => {
    const before = app.connections();
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask('/hello')));
    for (const { text } of answers) assert.equal(bodyOf(text), 'hello');
    assert.equal(app.connections() - before <= 1, true);
  });
});

suite('an HTTP/2 client and an app that speaks HTTP/2', () => {
  let session: ClientHttp2Session;
  const open = async (): Promise<void> => {
    if (session !== undefined) return;
    const ca = await readFile(join(sallyport.directory, 'state/authority/root.pem'));
    session = connectHttp2(`https://127.0.0.1:${sallyport.https}`, { ca, servername: 'secure.test' });
    scope.after(() => session.destroy());
    await once(session, 'connect');
  };

  async function request(head: Record<string, string>, body?: Buffer) {
    await open();
    const stream = session.request({ ':authority': 'secure.test', ...head }, { endStream: body === undefined });
    let trailers: IncomingHttpHeaders = {};
    stream.on('trailers', (fields: IncomingHttpHeaders) => {
      trailers = fields;
    });
    const response = once(stream, 'response') as Promise<[IncomingHttpHeaders]>;
    if (body !== undefined) stream.end(body);
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece as Buffer);
    const [fields] = await response;
    return { head: fields, body: Buffer.concat(pieces), trailers };
  }

  test('te: trailers is passed on', async () => {
    const { head } = await request({ ':path': '/hello', te: 'trailers' });
    assert.equal(head[':status'], 200);
    assert.equal(app.heads.at(-1)?.te, 'trailers');
    assert.equal(app.heads.at(-1)?.via, '2.0 sallyport');
    await request({ ':path': '/hello' });
    assert.equal(app.heads.at(-1)?.te, undefined);
  });

  test('trailers come as trailers', async () => {
    const { body, trailers } = await request({ ':path': '/trailers' });
    assert.equal(body.toString(), 'body');
    assert.equal(trailers['x-sum'], '42');
  });

  test('a large body goes there and back', async () => {
    const sent = Buffer.alloc(8_000_000, 'abcdefg');
    const { body } = await request({ ':method': 'POST', ':path': '/echo' }, sent);
    assert.equal(body.equals(sent), true);
  });

  test('an answer that the app breaks off is a reset', async () => {
    await assert.rejects(request({ ':path': '/reset-midway' }), /INTERNAL_ERROR/);
    assert.equal((await request({ ':path': '/hello' })).body.toString(), 'hello');
  });
});
