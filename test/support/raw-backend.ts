import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { judge } from './message-split.ts';
import type { Scope } from './scope.ts';

/** What one connection received since a mark. */
export interface ReceivedBytes {
  readonly connection: number;
  readonly bytes: Buffer;
}

export interface RawBackend {
  readonly port: number;
  /** Bytes received so far by each connection, to be given to {@link since}. */
  mark(): ReadonlyMap<number, number>;
  /** What has come since, connections without news left out. */
  since(mark: ReadonlyMap<number, number>): ReceivedBytes[];
}

/**
 * An app that writes down every byte and answers each request it can make out with 200 and its request line. It does not
 * judge: that is for who reads what it received.
 */
export async function rawBackend(scope: Scope): Promise<RawBackend> {
  const received = new Map<number, Buffer>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const connection = received.size + 1;
    received.set(connection, Buffer.alloc(0));
    sockets.add(socket);
    let answered = 0;
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      const all = Buffer.concat([received.get(connection)!, chunk]);
      received.set(connection, all);
      const { messages } = judge(all.subarray(answered));
      for (const { line } of messages) {
        const body = line.split(' ').slice(0, 2).join(' ');
        socket.write(
          `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${line.startsWith('HEAD ') ? '' : body}`,
          'latin1',
        );
      }
      answered += messages.at(-1)?.end ?? 0;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return {
    port: (server.address() as AddressInfo).port,
    mark: () => new Map([...received].map(([connection, bytes]) => [connection, bytes.length])),
    since: (mark) =>
      [...received]
        .map(([connection, bytes]) => ({ connection, bytes: bytes.subarray(mark.get(connection) ?? 0) }))
        .filter(({ bytes }) => bytes.length > 0),
  };
}
