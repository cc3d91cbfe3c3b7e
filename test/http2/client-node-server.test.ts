import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { TestClient } from './client.ts';
import { listen } from './gate.ts';

const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

/** Connects our client to a port; `flush` sends what it has to say. */
function dial(port: number): { client: TestClient; flush(): void } {
  const client = new TestClient();
  const socket = connect(port, '127.0.0.1');
  const flush = (): void => {
    const octets = client.take();
    if (octets.length > 0) socket.write(octets);
  };
  socket.on('data', (chunk: Buffer) => {
    client.connection.receive(chunk, 0, chunk.length);
    flush();
  });
  socket.on('close', () => client.connection.abandon());
  socket.on('error', () => {});
  closers.push(() => socket.destroy());
  flush();
  return { client, flush };
}

async function serve(onStream: (stream: ServerHttp2Stream) => void, settings = {}): Promise<number> {
  const server: Http2Server = createServer({ settings });
  server.on('stream', onStream);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

test("our client and Node's server: fifty uploads at once are echoed whole", async () => {
  const port = await serve((stream) => {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  });
  const { client, flush } = dial(port);
  const bodies = Array.from({ length: 50 }, (_, index) => Buffer.alloc(index * 10_000 + 1, `${index}-`));
  const answers = bodies.map((body) => client.request('POST', '/', [['X-A', 'b']], body));
  flush();
  await Promise.all(answers.map(({ done }) => done));
  for (const [index, { body }] of answers.entries()) assert.equal(body.equals(bodies[index]!), true, `body ${index}`);
  assert.deepEqual(client.failures, []);
});

test("our client and Node's server: trailers both ways, a table of no size", async () => {
  const port = await serve(
    (stream) => {
      stream.respond({ ':status': 200, 'x-same': 'yes' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.on('trailers', (fields) => stream.end(String(fields['x-sum'])));
      stream.resume();
    },
    { headerTableSize: 0 },
  );
  const { client, flush } = dial(port);
  for (let turn = 0; turn < 4; turn++) {
    const answer = client.request(
      'POST',
      '/grpc',
      [
        ['TE', 'trailers'],
        ['X-Same', 'x'],
      ],
      Buffer.from('body'),
      [['X-Sum', `${turn}`]],
    );
    flush();
    await answer.done;
    assert.deepEqual(
      [answer.body.toString(), answer.trailers, answer.fields.includes('x-same: yes')],
      [`${turn}`, 'grpc-status: 0\r\n', true],
    );
  }
});

test('our client and our server: they understand each other', async () => {
  const gate = await listen((exchange) =>
    exchange.send(200, [['X-Path', exchange.pseudo[':path'] ?? '']], Buffer.concat(exchange.body)),
  );
  closers.push(gate.close);
  const { client, flush } = dial(gate.port);
  const body = Buffer.alloc(3_000_000, 'xyz');
  const answers = Array.from({ length: 10 }, (_, index) => client.request('POST', `/${index}`, [], body));
  flush();
  await Promise.all(answers.map(({ done }) => done));
  assert.deepEqual(
    answers.map(({ fields, body: got }) => [fields, got.equals(body)]),
    answers.map((_, index) => [`x-path: /${index}\r\n`, true]),
  );
});
