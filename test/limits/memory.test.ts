import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { anyPorts } from '../exchange/support.ts';
import { mebibyte, mostGrowth, readSlowlyFirst, startBigApp } from '../support/big-bodies.ts';
import { growthDuring } from '../support/resident.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();
const downloadSize = 1024 * mebibyte;
const paused = new WeakSet<IncomingMessage>();
const port = await startBigApp(scope, downloadSize, (request, received) => {
  if (request.url !== '/slow' || received < 16 * mebibyte || paused.has(request)) return;
  paused.add(request);
  request.pause();
  setTimeout(() => request.resume(), 1_000);
});
const sallyport = await startSallyport(
  scope,
  // One process, whose memory is looked at.
  `workers: 1\n${anyPorts}sites:\n  localhost: ${port}\n  plain.test: { tls: off, to: ${port} }\n`,
);

test('1 GiB through TLS to a reader that is slow, then fast', async () => {
  const socket = connectTls({
    port: sallyport.https,
    host: '127.0.0.1',
    servername: 'localhost',
    rejectUnauthorized: false,
  });
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  const reading = readSlowlyFirst(socket);
  const growth = await growthDuring(sallyport.pid, reading);
  const received = await reading;
  assert.ok(received > downloadSize, `${received} bytes`);
  assert.ok(growth < mostGrowth, `grew by ${growth / mebibyte} MiB`);
});

test('512 MiB of upload to an app that reads slowly, then fast', async () => {
  // What Node.js leaves lying about of any upload is in the memory before.
  await upload('/', 128 * mebibyte).done;
  const size = 512 * mebibyte;
  const { done } = upload('/slow', size);
  const growth = await growthDuring(sallyport.pid, done);
  assert.match(await done, new RegExp(`\\r\\n${size}(?:\\r\\n|$)`));
  assert.ok(growth < mostGrowth, `grew by ${growth / mebibyte} MiB`);
});

/** Sends as fast as it is taken; `done` is the answer. */
function upload(path: string, size: number): { readonly done: Promise<string> } {
  const socket = connect(sallyport.http, '127.0.0.1');
  socket.write(`POST ${path} HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`);
  let text = '';
  socket.setEncoding('latin1').on('data', (piece: string) => {
    text += piece;
  });
  const piece = Buffer.alloc(mebibyte);
  let left = size;
  const send = (): void => {
    while (left > 0) {
      left -= piece.length;
      if (!socket.write(piece)) return void socket.once('drain', send);
    }
  };
  send();
  return { done: once(socket, 'close').then(() => text) };
}
