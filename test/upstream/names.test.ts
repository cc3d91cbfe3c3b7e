import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { anyPorts, bodyOf, statuses } from '../exchange/support.ts';
import { startBind } from '../support/bind.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { runSallyport, startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();
const others = ['two 60 IN A 127.0.0.9', 'two 60 IN A 127.0.0.1', 'six 60 IN AAAA ::1', 'six 60 IN A 127.0.0.1'];
const bind = await startBind({ zone: 'apps.test', records: ['moving 1 IN A 127.0.0.1', ...others] });
scope.after(() => bind.stop());
const backend = await recordingBackend(scope, async ({ body, socket }) => {
  await body;
  const text = socket.localAddress ?? '';
  return `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
});
const sites = `
  moving.test: { tls: off, to: "moving.apps.test:${backend.port}" }
  two.test: { tls: off, to: "two.apps.test:${backend.port}" }
  six.test: { tls: off, to: "six.apps.test:${backend.port}" }
  lost.test: { tls: off, to: "nowhere.apps.test:${backend.port}" }
  local.test: { tls: off, to: "localhost:${backend.port}" }
  plain.test: { tls: off, to: ${backend.port} }
`;
const sallyport = await startSallyport(scope, `${anyPorts}resolvers: ["${bind.address}"]\nsites:${sites}`);
const ask = (host: string, port = sallyport.http) =>
  rawExchange(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

test('a name that cannot be resolved is a 502 of its own site, and the log names target and cause', async () => {
  const { text } = await ask('lost.test');
  assert.deepEqual(statuses(text), [502]);
  assert.doesNotMatch(text, /nowhere/);
  assert.match(
    sallyport.output(),
    new RegExp(
      `upstream nowhere\\.apps\\.test:${backend.port}: cannot resolve nowhere\\.apps\\.test: there is no such name`,
    ),
  );
  assert.deepEqual(statuses((await ask('plain.test')).text), [200]);
});

test('of several addresses, one that does not answer costs no request', async () => {
  for (const host of ['two.test', 'six.test']) assert.equal(bodyOf((await ask(host)).text), '127.0.0.1');
});

test('localhost works, whatever the DNS says', async () => {
  assert.equal(bodyOf((await ask('local.test')).text), '127.0.0.1');
});

test('when the TTL of an address is over the new one is used, also where connections to the old one are open', async () => {
  assert.equal(bodyOf((await ask('moving.test')).text), '127.0.0.1');
  bind.replaceRecords(['moving 1 IN A 127.0.0.2', ...others]);
  // The backend listens on 127.0.0.1 alone: at the new address nobody answers.
  while (statuses((await ask('moving.test')).text)[0] === 200) await delay(50);
  bind.replaceRecords(['moving 1 IN A 127.0.0.1', ...others]);
  while (statuses((await ask('moving.test')).text)[0] !== 200) await delay(50);
});

test('a name that cannot be resolved any more keeps its last addresses', async () => {
  bind.replaceRecords(others);
  await sallyport.process.printed(/cannot resolve moving\.apps\.test: .*; its last addresses stay in use/);
  assert.deepEqual(statuses((await ask('moving.test')).text), [200]);
});

test('a DNS that does not answer holds up neither the start nor other sites', async () => {
  const deaf = await startSallyport(scope, `${anyPorts}resolvers: ["127.0.0.1:9"]\nsites:${sites}`);
  assert.deepEqual(statuses((await ask('plain.test', deaf.http)).text), [200]);
  assert.deepEqual(statuses((await ask('local.test', deaf.http)).text), [200]);
  assert.deepEqual(statuses((await ask('moving.test', deaf.http)).text), [502]);
});

test('check names apps that do not answer', async () => {
  const { code, stdout } = await runSallyport(['check', '-c', sallyport.configFile]);
  assert.equal(code, 1);
  assert.match(stdout, /lost\.test: the app at nowhere\.apps\.test:\d+ does not answer \(cannot resolve/);
  assert.doesNotMatch(stdout, /(plain|local|two|six)\.test: the app/);
});
