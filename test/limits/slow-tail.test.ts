import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { anyPorts } from '../exchange/support.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();
const step = 192 * 1024;
/** The kernel holds an amount that nobody knows; one of these sizes is just above it, so that the gate holds the end. */
const sizes = Array.from({ length: 40 }, (_, i) => (i + 1) * step);
const backend = await recordingBackend(scope, ({ head }) => {
  const size = Number(/\/(\d+) /.exec(head)?.[1]);
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`), Buffer.alloc(size, 1)]);
});
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:\n  localhost: ${backend.port}\n  plain.test: { tls: off, to: ${backend.port} }\n`,
);

/** Asks for `size` bytes and takes them only after a while; resolves with how many came. */
async function receive(size: number, secure: boolean): Promise<number> {
  const socket = secure
    ? connectTls({ port: sallyport.https, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false })
    : connect(sallyport.http, '127.0.0.1');
  let received = 0;
  socket.on('error', () => {});
  socket.write(`GET /${size} HTTP/1.1\r\nHost: ${secure ? 'localhost' : 'plain.test'}\r\nConnection: close\r\n\r\n`);
  await once(socket, 'readable');
  // Longer than any connection lingers that has nothing left to send.
  await delay(4_000);
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  socket.resume();
  await new Promise((resolve) => socket.once('close', resolve));
  return received;
}

suite('a slow reader', { concurrency: true }, () => {
  for (const secure of [false, true]) {
    test(`${secure ? 'HTTPS' : 'HTTP'}: gets the last bytes of an answer behind which the connection closes`, async () => {
      const received = await Promise.all(sizes.map((size) => receive(size, secure)));
      const cut = sizes.filter((size, i) => (received[i] ?? 0) <= size);
      assert.deepEqual(cut, []);
    });
  }
});
