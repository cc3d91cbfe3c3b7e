import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import WebSocket from 'ws';

/** Where the gate is, and by which name. */
export interface Place {
  readonly port: number;
  readonly name: string;
}

/** One thing that clients do; rejects or never mind: what counts is what it leaves behind at the gate. */
type Deed = (place: Place) => Promise<void>;

const host = '127.0.0.1';
const upload = Buffer.alloc(1024 * 1024, 'z');

function ask({ port, name }: Place, path: string, body: Buffer | null, stopAfter: number): Promise<void> {
  return new Promise((resolve) => {
    const headers = { host: name, ...(body && { 'content-length': body.length }) };
    const outgoing = request({
      ...{ host, port, path, headers, agent: false, servername: name, rejectUnauthorized: false },
      method: body ? 'POST' : 'GET',
    });
    outgoing.on('response', (response) => {
      let length = 0;
      response.on('data', (piece: Buffer) => {
        length += piece.length;
        if (length > stopAfter) outgoing.destroy();
      });
      response.on('error', () => {});
      response.on('close', () => resolve());
    });
    outgoing.on('error', () => resolve());
    outgoing.on('close', () => resolve());
    outgoing.end(body);
  });
}

const download: Deed = (place) => ask(place, '/big', null, Number.POSITIVE_INFINITY);
const abortedDownload: Deed = (place) => ask(place, '/big', null, 100_000);
const uploads: Deed = (place) => ask(place, '/', upload, Number.POSITIVE_INFINITY);

const halfRequest: Deed = async ({ port, name }) => {
  const socket = connectTls({ host, port, servername: name, rejectUnauthorized: false });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  socket.write(`POST / HTTP/1.1\r\nHost: ${name}\r\nContent-Length: 1000\r\n\r\nabc`);
  await pause(30);
  socket.destroy();
};

const badRequest: Deed = async ({ port, name }) => {
  const socket = connectTls({ host, port, servername: name, rejectUnauthorized: false });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  socket.end('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
};

const halfHandshake: Deed = async ({ port }) => {
  const socket = connectTcp(port, host);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(Buffer.of(22, 3, 1, 2));
  await pause(30);
  socket.resetAndDestroy();
};

const webSocket: Deed = async ({ port, name }) => {
  const lookup = (_host: string, _options: object, done: unknown): void =>
    (done as (error: null, addresses: { address: string; family: number }[]) => void)(null, [
      { address: host, family: 4 },
    ]);
  const socket = new WebSocket(`wss://${name}:${port}/ws`, { rejectUnauthorized: false, lookup });
  socket.on('error', () => {});
  await once(socket, 'open');
  socket.send('x'.repeat(50_000));
  await once(socket, 'message');
  if (Math.random() < 0.5) socket.close();
  else socket.terminate();
};

const http2: Deed = async ({ port, name }) => {
  const session = connectHttp2(`https://${name}:${port}`, {
    createConnection: () =>
      connectTls({ host, port, servername: name, rejectUnauthorized: false, ALPNProtocols: ['h2'] }),
  });
  session.on('error', () => {});
  const streams = Array.from({ length: 20 }, (_, index) =>
    session.request({ ':path': index % 4 === 0 ? '/big' : '/' }),
  );
  await Promise.all(
    streams.map((stream, index) => {
      stream.on('error', () => {});
      stream.on('data', () => {
        if (index % 5 === 0) stream.close();
      });
      return new Promise<void>((resolve) => stream.on('close', resolve));
    }),
  );
  await new Promise<void>((resolve) => session.close(resolve));
};

const deeds: readonly Deed[] = [
  ...[download, abortedDownload, uploads, halfRequest, badRequest, halfHandshake, webSocket, http2],
];

/** Longest time for one deed, milliseconds. */
const patience = 20_000;

/** Clients who do one deed after the other until told to stop; resolves with how many were done. */
export function startChurn(place: Place, clients: number): { stop(): Promise<number> } {
  let done = 0;
  let isStopped = false;
  const client = async (first: number): Promise<void> => {
    for (let turn = first; !isStopped; turn++) {
      await Promise.race([deeds[turn % deeds.length]!(place).catch(() => {}), pause(patience)]);
      done++;
      await pause(20);
    }
  };
  const all = Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  return {
    async stop() {
      isStopped = true;
      await all;
      return done;
    },
  };
}
