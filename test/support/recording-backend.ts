import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Scope } from './scope.ts';

/** One request exactly as it arrived. */
export interface RecordedRequest {
  /** Start line, fields and blank line, latin1, unchanged. */
  readonly head: string;
  /** Body bytes as they stood on the wire (chunk framing included), once the last one is there. */
  readonly body: Promise<Buffer>;
  /** Body bytes so far. */
  received(): Buffer;
  /** Counts accepted connections from 1: two requests with the same number shared one. */
  readonly connection: number;
  readonly socket: Socket;
}

/** The bytes of an answer (strings are latin1), or nothing when the script wrote to the socket itself. */
export type Answer = string | Uint8Array | null;

/** Called as soon as a request's head is complete; await `request.body` to answer after the body. */
export type Script = (request: RecordedRequest) => Answer | Promise<Answer>;

export interface RecordingBackend {
  /** 0 on a Unix socket. */
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  /** Connections accepted so far. */
  connections(): number;
  /** The request with this index, waiting for it if need be (ten seconds). */
  request(index: number): Promise<RecordedRequest>;
}

/** Reads a whole request, then answers 200 with the body `ok`. */
export const answerOk: Script = async (request) => {
  await request.body;
  return 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok';
};

/** A raw server that records the exact bytes of each request and answers by script, on a free port or a Unix socket. */
export async function recordingBackend(
  scope: Scope,
  script: Script = answerOk,
  unixPath?: string,
): Promise<RecordingBackend> {
  const requests: RecordedRequest[] = [];
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();
  let connections = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    record(socket, ++connections, script, (request) => {
      requests.push(request);
      for (const wake of waiting) wake();
    });
  });
  if (unixPath === undefined) server.listen(0, '127.0.0.1');
  else server.listen(unixPath);
  await once(server, 'listening');
  scope.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return {
    port: unixPath === undefined ? (server.address() as AddressInfo).port : 0,
    requests,
    connections: () => connections,
    request: (index) =>
      new Promise((resolve, reject) => {
        const deadline = setTimeout(() => settle(), 10_000);
        const settle = (): void => {
          const request = requests[index];
          clearTimeout(deadline);
          waiting.delete(look);
          if (request) resolve(request);
          else reject(new Error(`the backend saw ${requests.length} requests; number ${index} did not come`));
        };
        const look = (): void => {
          if (requests.length > index) settle();
        };
        waiting.add(look);
        look();
      }),
  };
}

function record(socket: Socket, connection: number, script: Script, seen: (request: RecordedRequest) => void): void {
  let buffered = Buffer.alloc(0);
  let bodyEnd: ((bytes: Buffer) => number) | null = null;
  let finishBody: (body: Buffer) => void = () => {};
  socket.on('end', () => socket.end());
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    for (;;) {
      if (bodyEnd) {
        const end = bodyEnd(buffered);
        if (end < 0) return;
        finishBody(buffered.subarray(0, end));
        buffered = buffered.subarray(end);
        bodyEnd = null;
      }
      const headEnd = buffered.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const head = buffered.toString('latin1', 0, headEnd + 4);
      buffered = buffered.subarray(headEnd + 4);
      bodyEnd = framing(head);
      let whole: Buffer | null = null;
      const body = new Promise<Buffer>((resolve) => {
        finishBody = (bytes) => {
          whole = bytes;
          resolve(bytes);
        };
      });
      const request = { head, body, received: () => whole ?? buffered, connection, socket };
      seen(request);
      void Promise.resolve(script(request)).then((answer) => {
        if (answer === null || !socket.writable) return;
        socket.write(typeof answer === 'string' ? Buffer.from(answer, 'latin1') : answer);
      });
    }
  });
}

/** Where a body ends in what was read so far, or -1 when more must come. */
function framing(head: string): (bytes: Buffer) => number {
  if (/^transfer-encoding:.*chunked/im.test(head)) return chunkedEnd;
  const length = Number(/^content-length:\s*(\d+)/im.exec(head)?.[1] ?? 0);
  return (bytes) => (bytes.length >= length ? length : -1);
}

function chunkedEnd(bytes: Buffer): number {
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return -1;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    at = lineEnd + 2;
    if (size === 0) break;
    at += size + 2;
  }
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return -1;
    if (lineEnd === at) return at + 2;
    at = lineEnd + 2;
  }
}
