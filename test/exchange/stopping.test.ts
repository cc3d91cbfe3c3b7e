import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import WebSocket from 'ws';
import { type RecordingBackend, recordingBackend } from '../support/recording-backend.ts';
import { type RunningSallyport, startSallyport } from '../support/sallyport.ts';
import { startWsServer } from '../support/websocket.ts';
import { anyPorts } from './support.ts';

interface Download {
  readonly sallyport: RunningSallyport;
  readonly backend: RecordingBackend;
  readonly app: Socket;
  readonly client: Socket;
  text(): string;
}

/** A response of which three of nine bytes have come. */
async function downloading(t: TestContext, drainTimeout: string): Promise<Download> {
  const backend = await recordingBackend(t, () => null);
  const sallyport = await startSallyport(
    t,
    `${anyPorts}limits: { drainTimeout: ${drainTimeout} }\nsites:\n  plain.test: { tls: off, to: ${backend.port} }\n`,
  );
  const client = connect(sallyport.http, '127.0.0.1');
  client.on('error', () => {});
  let text = '';
  client.setEncoding('latin1').on('data', (piece: string) => {
    text += piece;
  });
  client.write('GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n');
  const { socket: app } = await backend.request(0);
  app.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc');
  while (!text.endsWith('abc')) await once(client, 'data');
  return { sallyport, backend, app, client, text: () => text };
}

async function refuses(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const refused = await new Promise((resolve) => {
      socket.once('error', () => resolve(true));
      socket.once('connect', () => resolve(false));
    });
    socket.destroy();
    if (refused) return;
  }
}

test('SIGTERM: no new connections, the running answer is completed, exit 0 without waiting longer', async (t) => {
  const { sallyport, app, client, text } = await downloading(t, '60s');
  sallyport.process.signal('SIGTERM');
  await refuses(sallyport.http);
  app.write('defghi');
  await once(client, 'close');
  assert.ok(text().endsWith('abcdefghi'));
  const started = Date.now();
  const { code } = await sallyport.process.exited;
  assert.equal(code, 0);
  assert.ok(Date.now() - started < 5_000);
});

test('a running answer is cut when drainTimeout is over', async (t) => {
  const { sallyport, client } = await downloading(t, '1s');
  sallyport.process.signal('SIGTERM');
  await new Promise((resolve) => client.once('close', resolve));
  assert.equal((await sallyport.process.exited).code, 0);
});

test('a second signal ends at once', async (t) => {
  const { sallyport } = await downloading(t, '60s');
  sallyport.process.signal('SIGTERM');
  await refuses(sallyport.http);
  const started = Date.now();
  sallyport.process.signal('SIGINT');
  await sallyport.process.exited;
  assert.ok(Date.now() - started < 3_000);
});

test('idle connections do not hold up a stop', async (t) => {
  const backend = await recordingBackend(t);
  const sallyport = await startSallyport(t, `${anyPorts}sites:\n  plain.test: { tls: off, to: ${backend.port} }\n`);
  const used = connect(sallyport.http, '127.0.0.1');
  used.write('GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n');
  await once(used, 'data');
  const unused = connect(sallyport.http, '127.0.0.1');
  await once(unused, 'connect');
  const partial = connect(sallyport.http, '127.0.0.1');
  partial.write('GET / HTTP/1.1\r\n');
  await once(partial, 'connect');
  const started = Date.now();
  for (const socket of [used, unused, partial]) socket.on('error', () => {}).resume();
  sallyport.process.signal('SIGINT');
  assert.equal((await sallyport.process.exited).code, 0);
  assert.ok(Date.now() - started < 5_000);
});

test('a WebSocket gets a Close frame with 1001 once drainTimeout is over, and so does its app', async (t) => {
  let appSaw: (code: number) => void = () => {};
  const seen = new Promise<number>((resolve) => {
    appSaw = resolve;
  });
  const app = await startWsServer(t, (socket) => socket.on('close', (code) => appSaw(code)));
  const sallyport = await startSallyport(
    t,
    `${anyPorts}limits: { drainTimeout: 1s }\nsites:\n  plain.test: { tls: off, to: ${app.port} }\n`,
  );
  const socket = new WebSocket(`ws://127.0.0.1:${sallyport.http}/`, { headers: { Host: 'plain.test' } });
  await once(socket, 'open');
  const started = Date.now();
  sallyport.process.signal('SIGTERM');
  const [code] = (await once(socket, 'close')) as [number];
  assert.equal(code, 1001);
  assert.equal(await seen, 1001);
  assert.ok(Date.now() - started >= 900);
  assert.equal((await sallyport.process.exited).code, 0);
});

test('SIGHUP with an invalid file changes nothing and says why', async (t) => {
  const { sallyport, backend, app, client, text } = await downloading(t, '60s');
  await writeFile(sallyport.configFile, 'sites:\n  plain.test: { tls: maybe, to: 9 }\n');
  sallyport.process.signal('SIGHUP');
  await sallyport.process.printed(/sallyport\.yaml:2:\d+/);
  app.write('defghi');
  while (!text().endsWith('abcdefghi')) await once(client, 'data');
  client.write('GET /again HTTP/1.1\r\nHost: plain.test\r\n\r\n');
  const { socket } = await backend.request(1);
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain');
  while (!text().endsWith('again')) await once(client, 'data');
});
