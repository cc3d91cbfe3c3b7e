import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import type { Scope } from './scope.ts';

export const mebibyte = 1024 * 1024;

/** Bytes a gate may grow by: far less than what passes through; garbage that waits to be collected is in it. */
export const mostGrowth = 96 * mebibyte;

/**
 * Starts an app that answers a GET with `size` bytes as fast as they are taken, and a POST with the number of bytes it got. `onPiece` sees
 * each piece of an upload, and how much there is by then, and may pause the request. Resolves with the port.
 */
export async function startBigApp(
  scope: Scope,
  size: number,
  onPiece: (request: IncomingMessage, received: number) => void,
): Promise<number> {
  const app = createServer((request, response) => {
    let received = 0;
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      onPiece(request, received);
    });
    request.on('end', () => {
      if (request.method === 'POST') return void response.end(String(received));
      response.writeHead(200, { 'Content-Length': size });
      const piece = Buffer.alloc(mebibyte);
      let left = size;
      const send = (): void => {
        while (left > 0) {
          left -= piece.length;
          if (!response.write(piece)) return void response.once('drain', send);
        }
        response.end();
      };
      send();
    });
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  scope.after(() => {
    app.closeAllConnections();
    app.close();
  });
  return (app.address() as AddressInfo).port;
}

/** Reads all there is, with five pauses at the beginning; resolves with the number of bytes when it is closed. */
export async function readSlowlyFirst(stream: Readable): Promise<number> {
  let received = 0;
  let pauses = 0;
  stream.on('data', (piece: Buffer) => {
    received += piece.length;
    if (pauses >= 5 || received < pauses * 4 * mebibyte) return;
    pauses++;
    stream.pause();
    setTimeout(() => stream.resume(), 200);
  });
  await once(stream, 'close');
  return received;
}
