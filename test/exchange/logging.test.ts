import assert from 'node:assert/strict';
import { readFile, rename } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { freePort } from '../support/ports.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { type RunningSallyport, startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { startWsServer } from '../support/websocket.ts';
import { secureExchange } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope, async ({ body }) => {
  await body;
  return 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
});
const ws = await startWsServer(scope);
const dead = await freePort();
const config = (format: string) => `listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }
logs: { access: access.log, errors: errors.log, format: ${format} }
sites:
  localhost: ${backend.port}
  plain.test: { tls: off, to: ${backend.port} }
  dead.test: { tls: off, to: ${dead} }
  ws.test: { tls: off, to: ${ws.port} }
`;
const combined = await startSallyport(scope, config('combined'));
const json = await startSallyport(scope, config('json'));

/** Lines of a log once there are `count` that match. */
async function lines(sallyport: RunningSallyport, pattern: RegExp, count = 1, name = 'access.log'): Promise<string[]> {
  for (let i = 0; ; i++) {
    const text = await readFile(join(sallyport.directory, name), 'utf8').catch(() => '');
    const found = text.split('\n').filter((line) => pattern.test(line));
    if (found.length >= count) return found;
    if (i > 200) throw new Error(`no ${count} lines ${pattern} in ${name}:\n${text}`);
    await delay(20);
  }
}

const send = (sallyport: RunningSallyport, line: string, host: string, fields = '', body = '') =>
  rawExchange(sallyport.http, `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${fields}\r\n${body}`);

test('combined: a line in the common format for an answer of the app', async () => {
  await send(combined, 'GET /combined?x="y"', 'plain.test', 'Referer: http://a.test/\r\nUser-Agent: me "quoted"\r\n');
  const [line = ''] = await lines(combined, /\/combined/);
  assert.match(
    line,
    /^127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET \/combined\?x=\\x22y\\x22 HTTP\/1\.1" 200 5 "http:\/\/a\.test\/" "me \\x22quoted\\x22"$/,
  );
});

test('combined: a request that could not be read has a line, too', async () => {
  await rawExchange(combined.http, 'GET / HTTP/1.1\r\n\r\n');
  const [line = ''] = await lines(combined, /" 400 |"-" 400 /);
  assert.match(line, /^127\.0\.0\.1 - - \[.*\] "-" 400 \d+ "-" "-"$/);
});

test('json: what is known about an answer of the app', async () => {
  await secureExchange(
    json,
    'localhost',
    'POST /posted HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\nUser-Agent: me\r\n\r\nabc',
  );
  const [line = ''] = await lines(json, /\/posted/);
  const entry = JSON.parse(line) as Record<string, unknown>;
  const { time, requestId, durationMs, upstreamMs, ...rest } = entry;
  assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
  assert.match(String(requestId), /^[\w-]+$/);
  assert.ok(typeof durationMs === 'number' && durationMs >= 0 && durationMs < 5_000);
  assert.ok(typeof upstreamMs === 'number' && upstreamMs >= 0 && upstreamMs <= durationMs);
  assert.deepEqual(rest, {
    remoteAddress: '127.0.0.1',
    user: null,
    method: 'POST',
    target: '/posted',
    protocol: 'http/1.1',
    httpVersion: '1.1',
    host: 'localhost',
    status: 200,
    requestBytes: 3,
    responseBytes: 5,
    site: 'localhost',
    upstream: `127.0.0.1:${backend.port}`,
    tlsVersion: 'TLSv1.3',
    referer: null,
    userAgent: 'me',
  });
});

test('json: one line each for a refusal, a dead app, a redirect, a lost client and a WebSocket', async () => {
  await send(json, 'GET /refused', 'unknown.test');
  await send(json, 'GET /dead', 'dead.test');
  await send(json, 'GET /moved', 'localhost');
  const socket = new WebSocket(`ws://127.0.0.1:${json.http}/socket`, { headers: { Host: 'ws.test' } });
  await new Promise((resolve) => socket.once('open', resolve));
  socket.close();
  await new Promise((resolve) => socket.once('close', resolve));
  const leaving = connect(json.http, '127.0.0.1');
  const seen = backend.requests.length;
  leaving.write('POST /lost HTTP/1.1\r\nHost: plain.test\r\nContent-Length: 3\r\n\r\na');
  await backend.request(seen);
  leaving.resetAndDestroy();
  for (const [target, status, site, upstream] of [
    ['/lost', 499, 'plain.test', `127.0.0.1:${backend.port}`],
    ['/refused', 404, null, null],
    ['/dead', 502, 'dead.test', `127.0.0.1:${dead}`],
    ['/moved', 301, 'localhost', null],
    ['/socket', 101, 'ws.test', `127.0.0.1:${ws.port}`],
  ] as const) {
    const [line = ''] = await lines(json, new RegExp(`"${target}"`));
    const entry = JSON.parse(line) as Record<string, unknown>;
    assert.deepEqual([entry.status, entry.site, entry.upstream], [status, site, upstream], target);
  }
});

test('nothing a client sends makes a line of its own or an escape sequence', async () => {
  const nasty = '/inject\xe9\xff"\\';
  for (const sallyport of [combined, json]) {
    await send(sallyport, `GET ${nasty}`, 'plain.test', 'User-Agent: \t"\\x0a\xc2\x9b31m\r\nReferer: "} {"\r\n');
    const [line = ''] = await lines(sallyport, /\/inject/);
    assert.match(line, /^[\x20-\x7e]*$|^\{.*\}$/);
    if (sallyport === json) assert.equal((JSON.parse(line) as { target: string }).target.startsWith('/inject'), true);
    assert.doesNotMatch(line, /\p{Cc}/u);
  }
});

test('SIGUSR1 opens the files again after a rename, and no line is lost', async () => {
  await send(combined, 'GET /before', 'plain.test');
  await lines(combined, /\/before/);
  await rename(join(combined.directory, 'access.log'), join(combined.directory, 'access.log.1'));
  await send(combined, 'GET /between', 'plain.test');
  combined.process.signal('SIGUSR1');
  await lines(combined, /\/between/, 1, 'access.log.1');
  for (let i = 0; i < 100 && !(await readFile(join(combined.directory, 'access.log')).catch(() => null)); i++)
    await delay(20);
  await send(combined, 'GET /after', 'plain.test');
  await lines(combined, /\/after/);
  assert.doesNotMatch(await readFile(join(combined.directory, 'access.log.1'), 'utf8'), /\/after/);
});
