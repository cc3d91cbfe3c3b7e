import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import {
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  Metadata,
  ServerCredentials,
  type ServiceError,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import { anyPorts } from '../exchange/support.ts';
import { makeCertificate } from '../support/certificates.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';
import { EchoClient, echoServer } from './grpc-echo.ts';

const scope = sharedScope();
const directory = await temporaryDirectory(scope);
const { root, certificate, key, rootFile } = await makeCertificate(directory, ['app.test']);
const plain = await echoServer(scope, null);
const secure = await echoServer(
  scope,
  ServerCredentials.createSsl(Buffer.from(root), [
    { cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) },
  ]),
);
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:
  plain.test: { tls: internal, to: "h2c://127.0.0.1:${plain.port}" }
  secure.test: { tls: internal, to: { url: "h2://127.0.0.1:${secure.port}", caFile: ${rootFile}, serverName: app.test } }
  unknown-root.test: { tls: internal, to: { url: "h2://127.0.0.1:${secure.port}", serverName: app.test } }
`,
);
const gateRoot = await readFile(join(sallyport.directory, 'state/authority/root.pem'));

function clientOf(name: string): InstanceType<typeof EchoClient> {
  const client = new EchoClient(`127.0.0.1:${sallyport.https}`, credentials.createSsl(gateRoot), {
    'grpc.ssl_target_name_override': name,
    'grpc.default_authority': name,
    'grpc.max_receive_message_length': -1,
    'grpc.use_local_subchannel_pool': 1,
  });
  scope.after(() => client.close());
  return client;
}

interface Outcome {
  error: ServiceError | null;
  value: Buffer | undefined;
  head: Metadata;
  end: StatusObject;
}

function metadata(fields: Record<string, string | Buffer> = {}): Metadata {
  const made = new Metadata();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  return made;
}

function unary(
  client: InstanceType<typeof EchoClient>,
  message: Buffer,
  fields: Record<string, string | Buffer> = {},
  milliseconds = 20_000,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let head = new Metadata();
    let result: Pick<Outcome, 'error' | 'value'> | null = null;
    let end: StatusObject | null = null;
    const settle = (): void => {
      if (result !== null && end !== null) resolve({ ...result, head, end });
    };
    const call = client.unary?.(
      message,
      metadata(fields),
      { deadline: Date.now() + milliseconds },
      (error: ServiceError | null, value?: Buffer) => {
        result = { error, value };
        settle();
      },
    );
    assert.ok(call);
    call.on('metadata', (received: Metadata) => {
      head = received;
    });
    call.on('status', (received: StatusObject) => {
      end = received;
      settle();
    });
  });
}

function statusOf(call: {
  on(event: 'status', listener: (status: StatusObject) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}): Promise<StatusObject> {
  call.on('error', () => {});
  return new Promise((resolve) => {
    call.on('status', resolve);
  });
}

for (const [name, app] of [
  ['plain.test', plain],
  ['secure.test', secure],
] as const) {
  suite(`gRPC through the gate to ${name}`, () => {
    const client = clientOf(name);

    test('a unary call, metadata both ways, in head and trailers', async () => {
      const { error, value, head, end } = await unary(client, Buffer.from('hello'), {
        'x-some': 'thing',
        'x-octets-bin': Buffer.from([0, 1, 255]),
      });
      assert.equal(error, null);
      assert.equal(value?.toString(), 'hello');
      assert.deepEqual(head.get('x-back-some'), ['thing']);
      assert.deepEqual(end.metadata.get('x-back-some'), ['thing']);
      assert.deepEqual(end.metadata.get('x-back-octets-bin'), [Buffer.from([0, 1, 255])]);
      assert.equal(end.code, status.OK);
    });

    test('an error status comes with its text and metadata', async () => {
      const { error, end } = await unary(client, Buffer.from('fail'), { 'x-some': 'thing' });
      assert.equal(error?.code, status.NOT_FOUND);
      assert.equal(error?.details, 'not hére');
      assert.deepEqual(end.metadata.get('x-back-some'), ['thing']);
    });

    test('an error without any message is a head alone, and still a status', async () => {
      const call = client.serverStream?.(Buffer.from('fail'), metadata()) as ClientReadableStream<Buffer>;
      const ended = statusOf(call);
      call.resume();
      assert.equal((await ended).code, status.PERMISSION_DENIED);
    });

    test('a method that the server does not know is UNIMPLEMENTED', async () => {
      const code = await new Promise((resolve) => {
        client.makeUnaryRequest(
          '/test.Echo/None',
          (value: Buffer) => value,
          (value) => value,
          Buffer.alloc(0),
          (error: ServiceError | null) => resolve(error?.code),
        );
      });
      assert.equal(code, status.UNIMPLEMENTED);
    });

    test('a message of 20 MB goes there and back', async () => {
      const message = Buffer.alloc(20_000_000, 'abcdefg');
      const { error, value } = await unary(client, message);
      assert.equal(error, null);
      assert.equal(value?.equals(message), true);
    });

    test('a hundred calls at once', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, (_, index) => unary(client, Buffer.from(`message ${index}`))),
      );
      outcomes.forEach(({ value }, index) => {
        assert.equal(value?.toString(), `message ${index}`);
      });
    });

    test('a server stream of 2000 messages', async () => {
      const call = client.serverStream?.(
        Buffer.alloc(5000, 'x'),
        metadata({ 'x-count': '2000' }),
      ) as ClientReadableStream<Buffer>;
      const ended = statusOf(call);
      let count = 0;
      for await (const message of call) {
        assert.equal((message as Buffer).length, 5000);
        count++;
      }
      assert.equal(count, 2000);
      const { code, metadata: trailers } = await ended;
      assert.equal(code, status.OK);
      assert.deepEqual(trailers.get('x-back-count'), ['2000']);
    });

    test('a client stream of 2000 messages', async () => {
      const size = await new Promise<string>((resolve, reject) => {
        const call = client.clientStream?.(metadata(), (error: ServiceError | null, value?: Buffer) =>
          error ? reject(error) : resolve(String(value)),
        ) as ClientWritableStream<Buffer>;
        const message = Buffer.alloc(5000, 'x');
        for (let sent = 0; sent < 2000; sent++) call.write(message);
        call.end();
      });
      assert.equal(size, '10000000');
    });

    test('each message of a bidirectional stream is answered before the next is sent', async () => {
      const call = client.bidi?.(metadata()) as ClientDuplexStream<Buffer, Buffer>;
      const ended = statusOf(call);
      for (let turn = 0; turn < 20; turn++) {
        const answer = new Promise<Buffer>((resolve) => {
          call.once('data', resolve);
        });
        call.write(Buffer.from(`turn ${turn}`));
        assert.equal((await answer).toString(), `turn ${turn}`);
      }
      call.end();
      assert.equal((await ended).code, status.OK);
    });

    test('a call that the client cancels is cancelled at the server', async () => {
      const cancelled = app.nextCancelled();
      const call = client.bidi?.(metadata()) as ClientDuplexStream<Buffer, Buffer>;
      const ended = statusOf(call);
      call.once('data', () => call.cancel());
      call.write(Buffer.from('hello'));
      assert.equal((await ended).code, status.CANCELLED);
      assert.equal(await cancelled, 'bidi');
    });

    test('a deadline that passes ends the call on both sides', async () => {
      const cancelled = app.nextCancelled();
      const { error } = await unary(client, Buffer.from('hang'), {}, 300);
      assert.equal(error?.code, status.DEADLINE_EXCEEDED);
      assert.equal(await cancelled, 'unary');
    });
  });
}

test('a server whose certificate does not verify gets no call, the client UNAVAILABLE', async () => {
  const { error } = await unary(clientOf('unknown-root.test'), Buffer.from('hello'));
  assert.equal(error?.code, status.UNAVAILABLE);
});
