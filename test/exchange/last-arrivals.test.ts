import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { recordingBackend } from '../support/recording-backend.ts';
import { type RunningSallyport, startSallyport } from '../support/sallyport.ts';
import { anyPorts } from './support.ts';

async function gate(t: TestContext, workers: number): Promise<RunningSallyport> {
  const backend = await recordingBackend(t, () => 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
  const sites = `sites:\n  plain.test: { tls: off, to: ${backend.port} }\n  tls.test: { tls: internal, to: ${backend.port} }\n`;
  return startSallyport(t, `${anyPorts}workers: ${workers}\n${sites}`);
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function stopping(sallyport: RunningSallyport): Promise<void> {
  sallyport.process.signal('SIGTERM');
  await sallyport.process.printed(/info stopping/);
}

async function answer(
  socket: NodeJS.ReadWriteStream & { setEncoding(name: 'latin1'): unknown },
  host: string,
): Promise<string> {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (piece: string) => {
    text += piece;
  });
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await once(socket, 'close');
  return text;
}

for (const workers of [1, 2]) {
  const who = workers === 1 ? 'one process' : 'several workers';

  test(`a client that has just connected when the gate stops gets its answer: ${who}`, async (t) => {
    const sallyport = await gate(t, workers);
    const client = await connected(sallyport.http);
    const began = await connected(sallyport.http);
    began.write('GET / HTTP/1.1\r\n');
    // Answered after the others were accepted, so those are the gate's by now.
    assert.match(await answer(await connected(sallyport.http), 'unknown.test:80\r\nConnection: close'), /404/);
    await stopping(sallyport);
    const [first, second] = await Promise.all([answer(client, 'plain.test'), halfAnswer(began)]);
    for (const text of [first, second]) assert.match(text, /^HTTP\/1\.1 200 OK\r\n[\s\S]*hello/);
    assert.match(first, /connection: close/i);
    assert.equal((await sallyport.process.exited).code, 0);
  });

  test(`a client at its handshake when the gate stops gets its answer: ${who}`, async (t) => {
    const sallyport = await gate(t, workers);
    const raw = await connected(sallyport.https);
    assert.match(await answer(await connected(sallyport.http), 'unknown.test:80\r\nConnection: close'), /404/);
    await stopping(sallyport);
    const secure = connectTls({ socket: raw, servername: 'tls.test', rejectUnauthorized: false });
    assert.match(await answer(secure, 'tls.test'), /^HTTP\/1\.1 200 OK\r\n[\s\S]*hello/);
    assert.equal((await sallyport.process.exited).code, 0);
  });
}

/** The rest of a head, and what is answered. */
async function halfAnswer(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (piece: string) => {
    text += piece;
  });
  socket.write('Host: plain.test\r\n\r\n');
  await once(socket, 'close');
  return text;
}
