import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { demoPage } from './page.ts';

/** The sample app, running. */
export interface DemoApp {
  /** On 127.0.0.1. */
  readonly port: number;
  close(): Promise<void>;
}

/** Longest body that is echoed, bytes. */
const longestEcho = 1024 * 1024;

/**
 * An ordinary app that speaks plain HTTP on a loopback port: a page at `/`, a JSON echo of any request at `/api/echo`,
 * a WebSocket echo at `/ws`, and a clock as server-sent events at `/events`.
 */
export async function startDemoApp(): Promise<DemoApp> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '/';
    const answer = pages.get(path) ?? answerMissing;
    Promise.resolve(answer(request, response)).catch(() => response.destroy());
  });
  const sockets = echoWebSockets(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate();
        sockets.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function echoWebSockets(server: Server): WebSocketServer {
  const sockets = new WebSocketServer({ server, path: '/ws', maxPayload: longestEcho });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, binary) => socket.send(data, { binary }));
    // A broken frame or a client that vanishes: ws has closed the socket already.
    socket.on('error', () => {});
  });
  return sockets;
}

const pages: ReadonlyMap<string, (request: IncomingMessage, response: ServerResponse) => Promise<void> | void> =
  new Map([
    ['/', answerPage],
    ['/api/echo', answerEcho],
    ['/events', answerEvents],
  ]);

function answerPage(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader(
    'content-security-policy',
    "default-src 'self' 'unsafe-inline'; connect-src 'self'; img-src data:",
  );
  send(response, 200, 'text/html; charset=utf-8', demoPage(request));
}

async function answerEcho(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestEcho) {
      response.setHeader('connection', 'close');
      sendJson(response, 413, { error: `this echo takes ${longestEcho} bytes` });
      return;
    }
    chunks.push(chunk);
  }
  const { method, url, headers } = request;
  sendJson(response, 200, { method, path: url, headers, body: Buffer.concat(chunks).toString() });
}

function answerEvents(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const tick = (): void => void response.write(`data: ${new Date().toISOString()}\n\n`);
  tick();
  const timer = setInterval(tick, 1_000);
  response.once('close', () => clearInterval(timer));
}

function answerMissing(_request: IncomingMessage, response: ServerResponse): void {
  sendJson(response, 404, { error: 'the sample app has /, /api/echo, /ws and /events' });
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  send(response, status, 'application/json', `${JSON.stringify(value, null, 2)}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
