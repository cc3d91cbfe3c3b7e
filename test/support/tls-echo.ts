import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { makeCertificate, type TestCertificate } from './certificates.ts';
import { type Scope, temporaryDirectory } from './scope.ts';

/** A plain Node HTTPS server: what the client helpers are proved against. */
export interface TlsEcho {
  readonly port: number;
  readonly certificate: TestCertificate;
}

/** Serves a small page whose title is the Host it was asked for, and echoes WebSocket messages. */
export async function startTlsEcho(scope: Scope, names: readonly string[]): Promise<TlsEcho> {
  const certificate = await makeCertificate(await temporaryDirectory(scope), names);
  const server = createServer({ cert: certificate.certificate, key: certificate.key }, (request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(`<title>${request.headers.host}</title>`);
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(async () => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, certificate };
}
