import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { startNginxUpstream } from './nginx.ts';
import { needs } from './parts.ts';
import { startFlaskRun, startGunicorn } from './python.ts';
import { rawExchange } from './raw-exchange.ts';
import { recordingBackend } from './recording-backend.ts';
import { readyPorts } from './sallyport.ts';
import { startWsServer } from './websocket.ts';

const flaskApp = `
from flask import Flask, request
app = Flask(__name__)
@app.post('/echo')
def echo():
    return request.get_data()
`;

test('nginx serves files and what its server block says', needs('nginx'), async (t) => {
  const nginx = await startNginxUpstream(t, 'location = /hello { return 200 "hello"; }');
  await writeFile(join(nginx.directory, 'file.txt'), 'from a file');
  assert.equal(await (await fetch(`http://127.0.0.1:${nginx.port}/hello`)).text(), 'hello', nginx.errors());
  assert.equal(await (await fetch(`http://127.0.0.1:${nginx.port}/file.txt`)).text(), 'from a file', nginx.errors());
});

for (const [name, start] of [
  ['gunicorn', startGunicorn],
  ['flask', startFlaskRun],
] as const) {
  test(`${name} serves a Flask app`, needs('flask', name), async (t) => {
    const app = await start(t, flaskApp);
    const response = await fetch(`http://127.0.0.1:${app.port}/echo`, { method: 'POST', body: 'hello' });
    assert.equal(await response.text(), 'hello', app.output());
  });
}

test('the WebSocket server echoes and keeps the upgrade requests', async (t) => {
  const server = await startWsServer(t);
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  socket.on('open', () => socket.send('hello'));
  const message = await new Promise((resolve) => socket.once('message', (data) => resolve(String(data))));
  assert.equal(message, 'hello');
  assert.equal(server.requests[0]?.upgrade, 'websocket');
});

test('the recording backend keeps the exact bytes, split and pipelined, and the connection of each request', async (t) => {
  const backend = await recordingBackend(t);
  const chunked = 'POST /b HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n';
  const body = '3\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n';
  const head = 'POST /a HTTP/1.1\r\nHoSt:  x\r\nContent-Length: 5\r\n\r\n';
  const answers = await rawExchange(backend.port, [`${head}hel`, `lo${chunked}${body.slice(0, 9)}`, body.slice(9)], {
    until: (text) => text.split('\r\n\r\nok').length === 3,
  });
  assert.equal(answers.end, 'until', answers.text);
  const [first, second] = [await backend.request(0), await backend.request(1)];
  assert.equal(first.head, head);
  assert.equal(String(await first.body), 'hello');
  assert.equal(second.head, chunked);
  assert.equal(String(await second.body), body);
  assert.equal(second.connection, first.connection);
});

test('ports are read from the ready line by scheme', () => {
  assert.deepEqual(readyPorts('ready https://127.0.0.1:8443 https://[::1]:8444 http://localhost:8080'), {
    https: [8443, 8444],
    http: [8080],
  });
});
