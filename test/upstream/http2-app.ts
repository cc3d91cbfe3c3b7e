import { once } from 'node:events';
import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Scope } from '../support/scope.ts';

/** Answers one request; `path` as the app got it. */
export type Http2Handler = (stream: ServerHttp2Stream, head: IncomingHttpHeaders, path: string) => void;

export interface Http2App {
  readonly port: number;
  readonly server: Http2Server;
  /** Heads of the requests so far. */
  readonly heads: readonly IncomingHttpHeaders[];
  /** Connections that are open. */
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  /** Connections accepted so far. */
  connections(): number;
}

/** An app on Node's own HTTP/2 server, in the clear, on a free port of 127.0.0.1. */
export async function http2App(scope: Scope, handler: Http2Handler, options: ServerOptions = {}): Promise<Http2App> {
  const heads: IncomingHttpHeaders[] = [];
  const sessions = new Set<ServerHttp2Session>();
  let connections = 0;
  const server = createServer(options);
  server.on('session', (session) => {
    connections++;
    sessions.add(session);
    session.on('error', () => {});
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream: ServerHttp2Stream, head: IncomingHttpHeaders) => {
    heads.push(head);
    stream.on('error', () => {});
    handler(stream, head, String(head[':path']));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server, heads, sessions, connections: () => connections };
}

/** The body of a request, whole. */
export async function bodyOfStream(stream: ServerHttp2Stream): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
