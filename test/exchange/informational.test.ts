import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, bodyOf, statuses, whole } from './support.ts';

const scope = sharedScope();
const done = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const backend = await recordingBackend(scope, async ({ head, body, socket }) => {
  const path = head.split(' ')[1];
  if (path === '/hints') {
    return `HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: close\r\nKeep-Alive: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${done}`;
  }
  if (path === '/continue') socket.write('HTTP/1.1 100 Continue\r\n\r\n');
  if (path === '/refuse') {
    socket.end('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig');
    return null;
  }
  await body;
  return done;
});
const sallyport = await startSallyport(
  scope,
  `${anyPorts}limits: { bodyIdle: 2s }\nsites:\n  plain.test: { tls: off, to: ${backend.port} }\n`,
);

const expecting = (path: string, version = '1.1') =>
  `POST ${path} HTTP/${version}\r\nHost: plain.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n`;

test('early hints reach an HTTP/1.1 client before the answer, without what belongs to the connection', async () => {
  const { text } = await rawExchange(
    sallyport.http,
    'GET /hints HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n',
  );
  assert.deepEqual(statuses(text), [103, 102, 200]);
  const hints = text.slice(0, text.indexOf('\r\n\r\n'));
  assert.match(hints, /\r\nLink: <\/a\.css>; rel=preload/);
  assert.doesNotMatch(hints, /connection|keep-alive|content-length/i);
});

test('an HTTP/1.0 client gets no 1xx', async () => {
  const { text } = await rawExchange(sallyport.http, 'GET /hints HTTP/1.0\r\nHost: plain.test\r\n\r\n');
  assert.deepEqual(statuses(text), [200]);
});

test('100 Continue comes from the app, and the body follows it', async () => {
  const socket = connect(sallyport.http, '127.0.0.1');
  let text = '';
  let sent = false;
  socket.setEncoding('latin1').on('data', (piece: string) => {
    text += piece;
    if (!sent && text.startsWith('HTTP/1.1 100 ')) {
      sent = true;
      socket.write('hello');
    }
  });
  socket.write(expecting('/continue'));
  await new Promise((resolve) => socket.once('close', resolve));
  assert.deepEqual(statuses(text), [100, 200]);
  const request = backend.requests.at(-1);
  assert.match(request?.head ?? '', /\r\nExpect: 100-continue\r\n/);
  assert.equal((await request?.body)?.toString(), 'hello');
});

test('an app that answers at once: its answer arrives and the connection is closed', async () => {
  const { text, end } = await rawExchange(sallyport.http, expecting('/refuse'));
  assert.deepEqual(statuses(text), [413]);
  assert.match(text, /\r\nConnection: close\r\n/);
  assert.equal(bodyOf(text), 'big');
  assert.equal(end, 'closed');
});

test('an app that never says 100: a client that sends anyway is served', async () => {
  const { text } = await rawExchange(sallyport.http, [expecting('/silent'), 'hello']);
  assert.deepEqual(statuses(text), [200]);
});

test('an HTTP/1.0 client that expects 100 does not get it and is served', async () => {
  const { text } = await rawExchange(sallyport.http, [expecting('/continue', '1.0'), 'hello']);
  assert.deepEqual(statuses(text), [200]);
});

test('a client that waits for 100 for ever gets 408', async () => {
  const { text, end } = await rawExchange(sallyport.http, expecting('/silent'), { until: whole(1) });
  assert.deepEqual(statuses(text), [408]);
  assert.equal(end, 'until');
});
