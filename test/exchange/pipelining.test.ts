import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, secureExchange, statuses, whole } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope, async ({ head, body }) => {
  await body;
  const path = head.split(' ')[1] ?? '';
  if (path === '/slow') await delay(100);
  return `HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`;
});
const sallyport = await startSallyport(
  scope,
  `workers: 1\n${anyPorts}sites:\n  localhost: ${backend.port}\n  plain.test: { tls: off, to: ${backend.port} }\n`,
);

const get = (path: string, host = 'plain.test') => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

test('answers come in the order of the requests', async () => {
  const paths = ['/slow', '/1', '/2', '/slow', '/3'];
  const { text } = await secureExchange(sallyport, 'localhost', paths.map((path) => get(path, 'localhost')).join(''), {
    until: whole(paths.length),
  });
  assert.deepEqual(
    [...text.matchAll(/\r\n\r\n(\/[a-z\d]+)/g)].map(([, body]) => body),
    paths,
  );
});

test('a request behind a body is read from where the body ends', async () => {
  const post = 'POST /post HTTP/1.1\r\nHost: plain.test\r\nContent-Length: 18\r\n\r\nGET /no HTTP/1.1\r\n';
  const chunked =
    'POST /chunked HTTP/1.1\r\nHost: plain.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n';
  const { text } = await rawExchange(sallyport.http, post + chunked + get('/last'), { until: whole(3) });
  assert.match(text, /\/post.*\/chunked.*\/last$/s);
  assert.ok(backend.requests.every(({ head }) => !head.startsWith('GET /no')));
});

test('a client that closes its side behind several requests gets every answer', async () => {
  const { text, end } = await rawExchange(sallyport.http, get('/slow') + get('/1') + get('/2'), { halfClose: true });
  assert.deepEqual(statuses(text), [200, 200, 200]);
  assert.equal(end, 'closed');
});

test('nothing behind Connection: close is read', async () => {
  const seen = backend.requests.length;
  const last = 'GET /1 HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n';
  const { text, end } = await rawExchange(sallyport.http, last + get('/2'));
  assert.deepEqual(statuses(text), [200]);
  assert.equal(end, 'closed');
  assert.equal(backend.requests.length, seen + 1);
});

test('one empty line between requests is ignored', async () => {
  const { text } = await rawExchange(sallyport.http, `${get('/1')}\r\n${get('/2')}`, { until: whole(2) });
  assert.deepEqual(statuses(text), [200, 200]);
});

test('a client that sends requests and reads no answers cannot fill the memory', async () => {
  const socket = connect(sallyport.http, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  const before = await residentBytes(sallyport.pid);
  const requests = Buffer.from(get('/', 'unknown.test').repeat(2_000));
  let taken = 0;
  const send = (): void => {
    socket.write(requests, () => {
      taken += requests.length;
      if (taken < 64 * 1024 * 1024) send();
    });
  };
  send();
  let last = -1;
  // The gate stops reading once its answers are not taken.
  while (last !== taken) {
    last = taken;
    await delay(700);
  }
  assert.ok(taken < 32 * 1024 * 1024, `${taken} bytes of requests were taken`);
  assert.ok((await residentBytes(sallyport.pid)) - before < 48 * 1024 * 1024);
  socket.destroy();
});

async function residentBytes(pid: number): Promise<number> {
  const [, kilobytes] = /^VmRSS:\s*(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
