import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { growthDuring } from '../support/resident.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, openSession } from './support.ts';

const mebibyte = 1024 * 1024;
/** Far less than what passes through; garbage that waits to be collected is in it. */
const mostGrowth = 96 * mebibyte;

const scope = sharedScope();
const downloadSize = 96 * mebibyte;
const app = createServer((request, response) => {
  let received = 0;
  request.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > 32 * mebibyte || request.isPaused()) return;
    request.pause();
    setTimeout(() => request.resume(), 2);
  });
  request.on('end', () => {
    if (request.method === 'POST') return void response.end(String(received));
    response.writeHead(200, { 'Content-Length': downloadSize });
    const piece = Buffer.alloc(mebibyte);
    let left = downloadSize;
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
const sallyport = await startSallyport(
  scope,
  // One process, whose memory is looked at.
  `workers: 1\n${anyPorts}sites:\n  localhost: ${(app.address() as AddressInfo).port}\n`,
);

test('384 MiB in four streams of one connection, to a reader that is slow, then fast', async (t) => {
  const session = await openSession(t, sallyport, 'localhost');
  const streams = Array.from({ length: 4 }, () => session.request({ ':path': '/' }));
  const closed = streams.map(async (stream) => {
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
  });
  const growth = await growthDuring(sallyport.pid, Promise.all(closed));
  assert.deepEqual(await Promise.all(closed), [downloadSize, downloadSize, downloadSize, downloadSize]);
  assert.ok(growth < mostGrowth, `grew by ${growth / mebibyte} MiB`);
});

test('192 MiB of upload in two streams, to an app that reads slowly, then fast', async (t) => {
  const session = await openSession(t, sallyport, 'localhost');
  const size = 96 * mebibyte;
  const piece = Buffer.alloc(mebibyte);
  const answers = [0, 1].map(async () => {
    const stream = session.request({ ':method': 'POST', ':path': '/' });
    for (let left = size; left > 0; left -= piece.length) if (!stream.write(piece)) await once(stream, 'drain');
    stream.end().setEncoding('utf8');
    let text = '';
    for await (const chunk of stream) text += chunk;
    return text;
  });
  const growth = await growthDuring(sallyport.pid, Promise.all(answers));
  assert.deepEqual(await Promise.all(answers), [`${size}`, `${size}`]);
  assert.ok(growth < mostGrowth, `grew by ${growth / mebibyte} MiB`);
});
