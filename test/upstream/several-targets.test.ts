import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { anyPorts, bodyOf, statuses } from '../exchange/support.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { runSallyport, startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();
const good = await recordingBackend(scope, async ({ body }) => {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${(await body).length + 4}\r\n\r\ngood${await body}`;
});
/** Closes each connection when a whole request has come. */
const rude = await recordingBackend(scope, async ({ body, socket }) => {
  await body;
  socket.end();
  return null;
});
const slow: (() => void)[] = [];
const limited = await recordingBackend(scope, async ({ body }) => {
  await body;
  await new Promise<void>((resolve) => slow.push(resolve));
  return 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone';
});
const nobody = createServer().listen(0, '127.0.0.1');
await once(nobody, 'listening');
const nobodysPort = (nobody.address() as AddressInfo).port;
nobody.close();

const sallyport = await startSallyport(
  scope,
  `${anyPorts}workers: 1
sites:
  dead.test: { tls: off, to: [${nobodysPort}, ${good.port}], health: { maxFails: 0 } }
  out.test: { tls: off, to: [${nobodysPort}, ${good.port}], health: { maxFails: 1, failTimeout: 1h } }
  alone.test: { tls: off, to: ${nobodysPort}, health: { maxFails: 1, failTimeout: 2h } }
  rude.test: { tls: off, to: [${rude.port}, ${good.port}], health: { maxFails: 0 } }
  full.test: { tls: off, to: { url: ${limited.port}, maxConnections: 2 }, queue: { requests: 1, wait: 60s } }
  few.test: { tls: off, to: { url: ${good.port}, maxConnections: 3 } }
  hasty.test: { tls: off, to: { url: ${limited.port}, maxConnections: 1 }, queue: { wait: 300ms } }
`,
);
const send = (host: string, method = 'GET', fields = '', body = '') =>
  rawExchange(sallyport.http, `${method} / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${fields}\r\n${body}`);
const status = async (): Promise<{
  targets: {
    site: string;
    target: string;
    state: string;
    waiting: number;
    connections: number;
    failures: number;
    lastError: { message: string } | null;
  }[];
}> => JSON.parse((await runSallyport(['status', '--json', '-c', sallyport.configFile])).stdout);

test('a request to a target that refuses connections goes to another, whatever its method and with its body', async () => {
  for (const method of ['GET', 'POST', 'POST']) {
    const body = method === 'POST' ? 'hello' : '';
    const { text } = await send('dead.test', method, `Content-Length: ${body.length}\r\n`, body);
    assert.equal(bodyOf(text), `good${body}`);
  }
  assert.match(sallyport.output(), new RegExp(`upstream 127\\.0\\.0\\.1:${nobodysPort}: .*ECONNREFUSED.*; asking 127`));
});

test('a large body is sent whole to the target that takes it', async () => {
  const body = 'x'.repeat(300_000);
  const { text } = await send('dead.test', 'POST', `Content-Length: ${body.length}\r\n`, body);
  assert.equal(bodyOf(text).length, body.length + 4);
});

test('a target whose requests failed gets none for a while, and status says why', async () => {
  for (let i = 0; i < 4; i++) assert.equal(bodyOf((await send('out.test')).text), 'good');
  const targets = (await status()).targets.filter(({ site }) => site === 'out.test');
  assert.deepEqual(
    targets.map(({ target, state, failures }) => [target, state, failures]),
    [
      [`127.0.0.1:${nobodysPort}`, 'failing', 1],
      [`127.0.0.1:${good.port}`, 'up', 0],
    ],
  );
  assert.match(targets[0]?.lastError?.message ?? '', /ECONNREFUSED/);
});

test('the only target of a site is asked however often it has failed', async () => {
  for (let i = 0; i < 3; i++) assert.deepEqual(statuses((await send('alone.test')).text), [502]);
  const alone = (await status()).targets.find(({ site }) => site === 'alone.test');
  assert.deepEqual([alone?.state, alone?.failures], ['up', 3]);
});

test('a request that may be repeated goes to another target when the first breaks off; one that may not is answered with 502', async () => {
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push(bodyOf((await send('rude.test')).text));
  assert.deepEqual(answers, ['good', 'good', 'good', 'good']);
  const posts = [];
  for (let i = 0; i < 2; i++)
    posts.push(...statuses((await send('rude.test', 'POST', 'Content-Length: 2\r\n', 'hi')).text));
  assert.deepEqual(posts.sort(), [200, 502]);
});

test('a request beyond maxConnections waits for its turn, and one beyond the queue is answered with 503', async () => {
  const first = send('full.test');
  const second = send('full.test');
  while (slow.length < 2) await new Promise(setImmediate);
  const third = send('full.test', 'POST', 'Content-Length: 5\r\n', 'hello');
  while ((await status()).targets.find(({ site }) => site === 'full.test')?.waiting !== 1) await delay(20);
  const refused = await send('full.test');
  assert.deepEqual(statuses(refused.text), [503]);
  assert.match(refused.text, /^retry-after: \d+\r$/im);
  assert.equal(slow.length, 2);
  slow.shift()?.();
  while (slow.length < 2) await new Promise(setImmediate);
  for (const answer of slow.splice(0)) answer();
  for (const { text } of await Promise.all([first, second, third])) assert.equal(bodyOf(text), 'done');
  assert.equal((await limited.request(2)).received().toString(), 'hello');
});

test('a hundred requests at once to a target that takes three at a time are all answered', async () => {
  const asked = Array.from({ length: 100 }, () => send('few.test', 'POST', 'Content-Length: 2\r\n', 'hi'));
  for (const { text } of await Promise.all(asked)) assert.equal(bodyOf(text), 'goodhi', text);
  assert.ok((await status()).targets.every(({ site, connections }) => site !== 'few.test' || connections <= 3));
});

test('several workers share what a target takes at a time', async () => {
  const shared = await startSallyport(
    scope,
    `${anyPorts}workers: 2
sites:
  shared.test: { tls: off, to: { url: ${limited.port}, maxConnections: 2 } }
`,
  );
  let pending = 8;
  const asked = Array.from({ length: pending }, async () => {
    const answer = await rawExchange(shared.http, 'GET / HTTP/1.1\r\nHost: shared.test\r\nConnection: close\r\n\r\n');
    pending--;
    return answer;
  });
  let most = 0;
  while (pending > 0) {
    await delay(20);
    most = Math.max(most, slow.length);
    for (const answer of slow.splice(0)) answer();
  }
  for (const { text } of await Promise.all(asked)) assert.equal(bodyOf(text), 'done', `${text}${shared.output()}`);
  assert.ok(most <= 2, `${most} at a time`);
});

test('a request that waits for too long is answered with 503, and its target is named in the log', async () => {
  const first = send('hasty.test');
  while (slow.length < 1) await new Promise(setImmediate);
  const { text } = await send('hasty.test');
  assert.deepEqual(statuses(text), [503]);
  assert.match(sallyport.output(), new RegExp(`upstream 127\\.0\\.0\\.1:${limited.port}: .*queue\\.wait`));
  for (const answer of slow.splice(0)) answer();
  assert.equal(bodyOf((await first).text), 'done');
});
