import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { anyPorts, statuses } from '../exchange/support.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope, ({ head, socket }) => {
  if (!head.includes(' /split ')) return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: ');
  setTimeout(() => socket.write('1\r\n\r\n'), 50);
  return null;
});
const site = `sites:\n  plain.test: { tls: off, to: ${backend.port} }\n`;
const small = await startSallyport(
  scope,
  `${anyPorts}workers: 1\nlimits: { headBytes: 2KiB, headFields: 10, connectionsPerAddress: 4 }\n${site}`,
);
const unlimited = await startSallyport(scope, `${anyPorts}limits: { headBytes: 0, headFields: 0 }\n${site}`);

async function status(port: number, target: string, fields: string): Promise<readonly number[]> {
  const bytes = `GET ${target} HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n${fields}\r\n`;
  return statuses((await rawExchange(port, bytes)).text);
}

test('a head of exactly the limit passes, one more byte is 431', async () => {
  const rest = 'GET / HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\nX: \r\n\r\n'.length;
  assert.deepEqual(await status(small.http, '/', `X: ${'a'.repeat(2048 - rest)}\r\n`), [200]);
  assert.deepEqual(await status(small.http, '/', `X: ${'a'.repeat(2049 - rest)}\r\n`), [431]);
});

test('as many fields as the limit pass, one more is 431', async () => {
  assert.deepEqual(await status(small.http, '/', 'X: 1\r\n'.repeat(8)), [200]);
  assert.deepEqual(await status(small.http, '/', 'X: 1\r\n'.repeat(9)), [431]);
});

test('a target longer than a head may be is 414', async () => {
  assert.deepEqual(await status(small.http, `/${'a'.repeat(5000)}`, ''), [414]);
});

test('0 is no limit', async () => {
  assert.deepEqual(await status(unlimited.http, `/${'a'.repeat(100_000)}`, 'X: 1\r\n'.repeat(1000)), [200]);
  assert.deepEqual(await status(unlimited.http, '/split', ''), [200]);
});

test('more connections from one address than the limit are refused, and accepted again when one has gone', async () => {
  const open: Socket[] = [];
  for (let i = 0; i < 4; i++) {
    const socket = connect(small.http, '127.0.0.1');
    await once(socket, 'connect');
    open.push(socket);
  }
  const { end, text } = await rawExchange(small.http, 'GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n');
  assert.deepEqual([end, text], ['reset', '']);
  const answered = once(open[1] as Socket, 'data');
  open[1]?.write('GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n');
  await answered;
  const gone = new Promise((resolve) => open[0]?.once('close', resolve));
  open[0]?.end();
  open[0]?.resume();
  await gone;
  assert.deepEqual(await status(small.http, '/', ''), [200]);
  for (const socket of open) socket.destroy();
});
