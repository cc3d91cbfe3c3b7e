import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { anyPorts } from '../exchange/support.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();
/** More than the kernel's buffers between gate and client hold, so that the gate has some of it waiting. */
const size = 12 * 1024 * 1024;
const backend = await recordingBackend(scope, () =>
  Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`), Buffer.alloc(size, 1)]),
);
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:\n  localhost: ${backend.port}\n  plain.test: { tls: off, to: ${backend.port} }\n`,
);

for (const secure of [false, true]) {
  test(`${secure ? 'HTTPS' : 'HTTP'}: a slow reader gets the last bytes of an answer behind which the connection closes`, async () => {
    const socket = secure
      ? connectTls({ port: sallyport.https, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false })
      : connect(sallyport.http, '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\nHost: ${secure ? 'localhost' : 'plain.test'}\r\nConnection: close\r\n\r\n`);
    let received = 0;
    let waited = false;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      // The gate has everything by now; a client on a slow line takes longer than any linger time.
      if (waited || received < size - 4.5 * 1024 * 1024) return;
      waited = true;
      socket.pause();
      void delay(4_000).then(() => socket.resume());
    });
    await once(socket, 'close');
    assert.ok(received > size, `${received} bytes of ${size}`);
  });
}
