import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import WebSocket from 'ws';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { startWsServer } from '../support/websocket.ts';
import { anyPorts } from './support.ts';

const scope = sharedScope();
const ws = await startWsServer(scope);
const backend = await recordingBackend(scope, () => null);
const unchanged = `sites:
  localhost: ${ws.port}
  plain.test: { tls: off, to: ${backend.port} }
`;
const sallyport = await startSallyport(scope, anyPorts + unchanged);

test('an open WebSocket and a running download survive reloads that change other things', async () => {
  const socket = new WebSocket(`wss://localhost:${sallyport.https}/`, {
    rejectUnauthorized: false,
    lookup: (_host, _options, done) =>
      (done as (error: null, address: { address: string; family: number }[]) => void)(null, [
        { address: '127.0.0.1', family: 4 },
      ]),
  });
  await once(socket, 'open');
  const download = connect(sallyport.http, '127.0.0.1');
  let text = '';
  download.setEncoding('latin1').on('data', (piece: string) => {
    text += piece;
  });
  download.write('GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n');
  const app = await backend.request(0);
  app.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc');
  while (!text.endsWith('abc')) await once(download, 'data');

  const edits = [
    `${unchanged}  other.test: 9\n`,
    `${unchanged}  another.test: { tls: off, to: 9 }\n`,
    `limits: { headTimeout: 5s, headFields: 50 }\n${unchanged}`,
    `trustedProxies: [10.0.0.0/8]\n${unchanged}`,
    unchanged,
  ];
  for (const [index, edit] of edits.entries()) {
    const { code, stderr } = await sallyport.reload(anyPorts + edit);
    assert.equal(code, 0, stderr);
    socket.send(`after ${index}`);
    const [message] = (await once(socket, 'message')) as [Buffer];
    assert.equal(message.toString(), `after ${index}`);
    app.socket.write('+');
    while (!text.endsWith(`abc${'+'.repeat(index + 1)}`)) await once(download, 'data');
  }
  app.socket.write('!');
  while (!text.endsWith('!')) await once(download, 'data');

  download.write('GET /again HTTP/1.1\r\nHost: plain.test\r\n\r\n');
  const again = await backend.request(1);
  again.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone');
  while (!text.endsWith('done')) await once(download, 'data');
  socket.terminate();
  download.destroy();
});

test('an invalid file changes nothing, and the reload says where and why', async () => {
  const { code, stderr } = await sallyport.reload(`${anyPorts}${unchanged}  b.test: { too: 9 }\n`);
  assert.notEqual(code, 0);
  assert.match(stderr, /sallyport\.yaml:\d+:\d+.*too/s);
});
