import { createServer, type Server, type Socket } from 'node:net';
import { Http2Context } from '../../src/wire/http2/context.ts';
import type { FieldSection } from '../../src/wire/http2/fields/field-section.ts';
import { ServerConnection, type ServerHandler } from '../../src/wire/http2/server-connection.ts';
import type { Stream } from '../../src/wire/http2/streams/stream.ts';

/** What a test server does with a request; called with its whole body. */
export type Answer = (exchange: TestExchange) => void;

/** One request as the test server saw it. */
export class TestExchange {
  readonly connection: ServerConnection;
  readonly stream: Stream;
  /** Lines of the head, HTTP/1.1-shaped. */
  readonly fields: string;
  readonly pseudo: Readonly<Record<string, string>>;
  readonly body: Buffer[] = [];
  trailers = '';
  #unsent: Buffer = Buffer.alloc(0);
  #ends = false;
  #trailers: ReturnType<typeof fieldsOf> | null = null;

  constructor(connection: ServerConnection, stream: Stream, head: FieldSection) {
    this.connection = connection;
    this.stream = stream;
    this.fields = head.bytes.toString('latin1', head.fieldsStart, head.end);
    this.pseudo = {
      ':authority': head.pseudoText(1),
      ':method': head.pseudoText(2),
      ':path': head.pseudoText(3),
      ':scheme': head.pseudoText(4),
      ':protocol': head.pseudoText(6),
    };
  }

  respond(
    status: number,
    fields: readonly [string, string][],
    body = '',
    trailers?: readonly [string, string][],
  ): void {
    this.send(status, fields, Buffer.from(body, 'latin1'), trailers);
  }

  send(
    status: number,
    fields: readonly [string, string][],
    body: Buffer,
    trailers?: readonly [string, string][],
  ): void {
    this.#trailers = trailers ? fieldsOf(trailers) : null;
    this.connection.respond(this.stream, status, fieldsOf(fields), body.length === 0 && !trailers);
    if (body.length === 0 && !trailers) return;
    this.#unsent = body;
    this.#ends = true;
    this.pump();
  }

  /** Sends octets of an answer that was begun; few enough for the windows. */
  say(text: Buffer, ends: boolean): void {
    this.connection.data(this.stream, text, 0, text.length, ends);
  }

  pump(): void {
    const taken = this.connection.data(
      this.stream,
      this.#unsent,
      0,
      this.#unsent.length,
      this.#ends && !this.#trailers,
    );
    this.#unsent = this.#unsent.subarray(taken);
    if (this.#unsent.length === 0 && this.#trailers) {
      this.connection.trailers(this.stream, this.#trailers);
      this.#trailers = null;
    }
  }
}

/** Fields in the shape in which an HTTP/1.1 reader hands them on. */
export function fieldsOf(pairs: readonly (readonly [string, string])[]): {
  count: number;
  bytes: Buffer;
  offsets: Int32Array;
} {
  const bytes = Buffer.from(pairs.map(([name, value]) => `${name}: ${value}\r\n`).join(''), 'latin1');
  const offsets = new Int32Array(pairs.length * 4);
  let at = 0;
  for (const [index, [name, value]] of pairs.entries()) {
    offsets.set([at, at + name.length, at + name.length + 2, at + name.length + 2 + value.length], index * 4);
    at += name.length + value.length + 4;
  }
  return { count: pairs.length, bytes, offsets };
}

/** What happened on the connections of a test server. */
export interface Happenings {
  readonly refused: string[];
  readonly resets: { readonly id: number; readonly code: number; readonly by: string }[];
  readonly failures: { readonly code: number; readonly reason: string }[];
}

export function newHappenings(): Happenings {
  return { refused: [], resets: [], failures: [] };
}

/** A handler that collects each request with its body and passes it to `answer`. */
export function collecting(
  connection: () => ServerConnection,
  happenings: Happenings,
  answer: Answer,
  onRequest: Answer = () => {},
): ServerHandler {
  const exchangeOf = (stream: Stream): TestExchange => stream.exchange as TestExchange;
  return {
    onRequest(stream, head, ended) {
      const exchange = new TestExchange(connection(), stream, head);
      stream.exchange = exchange;
      onRequest(exchange);
      if (ended) answer(exchange);
    },
    onData(stream, bytes, start, end) {
      exchangeOf(stream).body.push(Buffer.from(bytes.subarray(start, end)));
      connection().grant(stream, end - start);
    },
    onTrailers(stream, section) {
      exchangeOf(stream).trailers = section.bytes.toString('latin1', section.fieldsStart, section.end);
    },
    onEnd: (stream) => answer(exchangeOf(stream)),
    onReset: (stream, code, by) => {
      happenings.resets.push({ id: stream.id, code, by });
    },
    onWritable: (stream) => exchangeOf(stream).pump(),
    onGoAway: () => {},
    onRefused: (_id, reason) => {
      happenings.refused.push(reason);
    },
    onFailed: (code, reason) => {
      happenings.failures.push({ code, reason });
    },
  };
}

/** Drives one socket. `flush` is for tests that act on the connection outside of its events. */
export function drive(
  socket: Socket,
  context: Http2Context,
  happenings: Happenings,
  answer: Answer,
  onRequest?: Answer,
): { connection: ServerConnection; flush(): void } {
  const connection: ServerConnection = new ServerConnection(
    context,
    collecting(() => connection, happenings, answer, onRequest),
  );
  const flush = (): void => {
    if (socket.writableNeedDrain) return;
    for (let arena = connection.takeOutput(); arena !== null; arena = connection.takeOutput()) {
      const taken = arena;
      const more = socket.write(taken.bytes.subarray(0, taken.length), () => context.arenas.give(taken));
      if (!more) break;
      connection.resume();
    }
    if (connection.failed >= 0 || connection.isDrained) socket.end();
  };
  socket.on('data', (chunk: Buffer) => {
    connection.receive(chunk, 0, chunk.length);
    flush();
  });
  socket.on('drain', () => {
    connection.resume();
    flush();
  });
  socket.on('close', () => connection.abandon());
  socket.on('error', () => {});
  flush();
  return { connection, flush };
}

/** A plain-text HTTP/2 server (prior knowledge) on a port of the system's choice. */
export async function listen(
  answer: Answer,
  context: Http2Context = new Http2Context(),
  onRequest?: Answer,
): Promise<{
  port: number;
  server: Server;
  happenings: Happenings;
  connections: ServerConnection[];
  flush(): void;
  close(): void;
}> {
  const happenings = newHappenings();
  const connections: ServerConnection[] = [];
  const flushes: (() => void)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const driven = drive(socket, context, happenings, answer, onRequest);
    connections.push(driven.connection);
    flushes.push(driven.flush);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  const flush = (): void => {
    for (const one of flushes) one();
  };
  return { port: address.port, server, happenings, connections, flush, close };
}
