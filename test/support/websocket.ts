import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Scope } from './scope.ts';

export interface WsServer {
  readonly port: number;
  /** Header fields of each upgrade request so far. */
  readonly requests: readonly IncomingHttpHeaders[];
  readonly sockets: ReadonlySet<WebSocket>;
}

/**
 * A WebSocket server of the `ws` package on a free port of 127.0.0.1. It echoes every message as it came unless `onSocket`
 * says otherwise; a plain request gets 426.
 */
export async function startWsServer(scope: Scope, onSocket: (socket: WebSocket) => void = echo): Promise<WsServer> {
  const requests: IncomingHttpHeaders[] = [];
  const http = createServer((_request, response) => response.writeHead(426).end('WebSocket only\n'));
  const server = new WebSocketServer({ server: http });
  server.on('connection', (socket, request) => {
    requests.push(request.headers);
    socket.on('error', () => {});
    onSocket(socket);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  scope.after(async () => {
    for (const socket of server.clients) socket.terminate();
    http.closeAllConnections();
    http.close();
    await once(http, 'close');
  });
  return { port: (http.address() as AddressInfo).port, requests, sockets: server.clients };
}

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}
