import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope, () => null);
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:\n  localhost: ${backend.port}\n  plain.test: { tls: off, to: ${backend.port} }\n`,
);

for (const secure of [false, true]) {
  for (const [framing, fields, frame] of [
    ['close-delimited', '', (event: string) => event],
    ['chunked', 'Transfer-Encoding: chunked\r\n', (event: string) => `${event.length.toString(16)}\r\n${event}\r\n`],
  ] as const) {
    test(`${secure ? 'HTTPS' : 'HTTP'}: each event of a ${framing} stream arrives before the next is sent`, async () => {
      const seen = backend.requests.length;
      const client: Socket = secure
        ? connectTls({ port: sallyport.https, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false })
        : connect(sallyport.http, '127.0.0.1');
      let text = '';
      client.setEncoding('latin1').on('data', (piece: string) => {
        text += piece;
      });
      client.write(`GET / HTTP/1.1\r\nHost: ${secure ? 'localhost' : 'plain.test'}\r\n\r\n`);
      const { socket: app } = await backend.request(seen);
      app.write(`HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n${fields}\r\n`);
      while (!text.includes('\r\n\r\n')) await once(client, 'data');
      for (let i = 0; i < 20; i++) {
        app.write(frame(`data: ${i}\n\n`));
        while (!text.includes(`data: ${i}\n\n`)) await once(client, 'data');
      }
      const gone = new Promise((resolve) => app.once('close', resolve));
      client.destroy();
      app.write(frame('data: last\n\n'));
      setTimeout(() => app.write(frame('data: very last\n\n')), 20);
      await gone;
    });
  }
}
