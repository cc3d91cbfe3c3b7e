import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Status, TargetStatus } from '../../src/model/status.ts';
import { anyPorts, bodyOf, statuses } from '../exchange/support.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { runSallyport, startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { http2App } from './http2-app.ts';

const scope = sharedScope();
/** What each backend answers to `/healthz`. */
const health = { a: 204, b: 204 };
const held: (() => void)[] = [];
const backend = (name: 'a' | 'b') =>
  recordingBackend(scope, async ({ head, body }) => {
    await body;
    if (head.startsWith('GET /healthz ')) return `HTTP/1.1 ${health[name]} Well\r\nContent-Length: 0\r\n\r\n`;
    if (head.startsWith('GET /hold ')) await new Promise<void>((resolve) => held.push(resolve));
    return `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${name}`;
  });
const [a, b] = await Promise.all([backend('a'), backend('b')]);
let http2Health = 200;
const rpc = await http2App(scope, (stream, _head, path) => {
  stream.respond({ ':status': path === '/healthz' ? http2Health : 200 });
  stream.end('rpc');
});
const check = 'health: { path: /healthz, status: 200-299, interval: 100ms, fall: 2, rise: 2, slowStart: 0 }';
const sallyport = await startSallyport(
  scope,
  `${anyPorts}workers: 1
sites:
  two.test: { tls: off, to: [${a.port}, ${b.port}], ${check} }
  rpc.test: { tls: off, to: "h2c://127.0.0.1:${rpc.port}", ${check} }
  drained.test: { tls: off, to: [${a.port}, ${b.port}] }
`,
);
const ask = (host: string, path = '/') =>
  rawExchange(sallyport.http, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
const several = async (host: string, count: number): Promise<string> => {
  let answers = '';
  for (let i = 0; i < count; i++) answers += bodyOf((await ask(host)).text);
  return answers;
};
const run = (...args: readonly string[]) => runSallyport([...args, '-c', sallyport.configFile]);
const targets = async (site: string): Promise<readonly TargetStatus[]> => {
  const status = JSON.parse((await run('status', '--json')).stdout) as Status;
  return status.targets.filter((target) => target.site === site);
};
const states = async (site: string): Promise<string> => (await targets(site)).map(({ state }) => state).join(' ');

test('targets are asked with the Host of their site', async () => {
  const head = (await a.request(0)).head;
  assert.match(head, /^GET \/healthz HTTP\/1\.1\r\nhost: two\.test\r\n/i);
});

test('a target that fails its check gets no requests until it does well again', async () => {
  health.b = 500;
  while ((await states('two.test')) !== 'up down') await delay(20);
  assert.equal(await several('two.test', 4), 'aaaa');
  const [, down] = await targets('two.test');
  assert.equal(down?.lastError?.message, '/healthz is answered with 500');
  assert.match(
    sallyport.output(),
    new RegExp(`upstream 127\\.0\\.0\\.1:${b.port} is down: /healthz is answered with 500`),
  );
  health.b = 204;
  while ((await states('two.test')) !== 'up up') await delay(20);
  assert.match(await several('two.test', 4), /b/);
});

test('when every target fails its check, requests get 503 and the log names each with its reason', async () => {
  health.a = 503;
  health.b = 500;
  while ((await states('two.test')) !== 'down down') await delay(20);
  const { text } = await ask('two.test');
  assert.deepEqual(statuses(text), [503]);
  assert.match(text, /^retry-after: /im);
  assert.doesNotMatch(text, /127\.0\.0\.1/);
  assert.match(
    sallyport.output(),
    new RegExp(`127\\.0\\.0\\.1:${a.port} is down: /healthz is answered with 503; 127\\.0\\.0\\.1:${b.port} is down`),
  );
  health.a = 204;
  health.b = 204;
  while ((await states('two.test')) !== 'up up') await delay(20);
});

test('an app that speaks HTTP/2 is asked in HTTP/2', async () => {
  http2Health = 500;
  while ((await states('rpc.test')) !== 'down') await delay(20);
  http2Health = 200;
  while ((await states('rpc.test')) !== 'up') await delay(20);
  assert.equal(bodyOf((await ask('rpc.test')).text).includes('rpc'), true);
});

test('a drained target finishes what it has begun and gets nothing new until it is undrained', async () => {
  const begun = [ask('drained.test', '/hold'), ask('drained.test', '/hold')];
  while (held.length < 2) await delay(5);
  const drain = await run('drain', 'drained.test', String(b.port));
  assert.equal(drain.code, 0);
  assert.equal(drain.stdout, `127.0.0.1:${b.port} of drained.test gets no more requests; 1 under way\n`);
  assert.equal(await several('drained.test', 4), 'aaaa');
  assert.equal(await states('drained.test'), 'up drained');

  const busy = await run('drain', '--wait', '0', 'drained.test', String(b.port));
  assert.equal(busy.code, 1);
  assert.match(busy.stderr, /1 requests? (is|are) still under way/);
  const waiting = run('drain', '--wait', '20', 'drained.test', `127.0.0.1:${b.port}`);
  for (const answer of held.splice(0)) answer();
  assert.equal((await waiting).code, 0);
  assert.deepEqual((await Promise.all(begun)).map(({ text }) => bodyOf(text)).sort(), ['a', 'b']);

  assert.equal((await sallyport.reload()).code, 0);
  assert.equal(await states('drained.test'), 'up drained');
  assert.equal((await run('undrain', 'drained.test', String(b.port))).code, 0);
  assert.match(await several('drained.test', 4), /b/);
});

test('a site or target that is not there is told with those that are', async () => {
  const site = await run('drain', 'nowhere.test', '1');
  assert.equal(site.code, 1);
  assert.match(site.stderr, /there is no site nowhere\.test[\s\S]*two\.test/);
  const target = await run('drain', 'two.test', '1');
  assert.equal(target.code, 1);
  assert.match(target.stderr, new RegExp(`has no target 1[\\s\\S]*127\\.0\\.0\\.1:${a.port}`));
});
