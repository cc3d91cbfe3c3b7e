import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalPlane } from '../../src/gateway/local-plane.ts';
import { systemClock } from '../../src/model/clock.ts';
import { defaultLimits } from '../../src/model/limits.ts';
import { noHeaderRules, type Site, type Target } from '../../src/model/site.ts';
import { groupOf, type TargetGroup } from '../../src/model/target-group.ts';
import { bodyOf, statuses } from '../exchange/support.ts';
import { snapshot } from '../listen/support.ts';
import { memoryLog } from '../support/memory-log.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();
const log = memoryLog();
const access = { enabled: false, dropped: 0, record() {} };
const logs = { errors: log, access, change: async () => {}, reopen: async () => {}, close: async () => {} };
const plane = new LocalPlane({ settings: { limits: defaultLimits }, logs, clock: systemClock });
scope.after(() => plane.kill());

/** An app that the gate runs, now with these targets. */
function siteOf(changes: Partial<TargetGroup>): Site {
  const group: TargetGroup = { ...groupOf(), name: 'app blog', app: 'blog', ...changes };
  const route = { path: '/', action: { kind: 'proxy', group, stripPrefix: false } as const, headers: noHeaderRules };
  return { name: 'app.test', names: ['app.test'], tls: { mode: 'off' }, routes: [route], certificates: [] };
}
const targetsOf = (port: number): TargetGroup['targets'] => {
  const target: Target = { kind: 'tcp', name: `127.0.0.1:${port}`, host: '127.0.0.1', port, http2: false, tls: null };
  return groupOf(target).targets;
};
const publish = (changes: Partial<TargetGroup>) => plane.publish(snapshot([siteOf(changes)]));
await plane.serve({
  snapshot: snapshot([siteOf({ waits: true })]),
  listen: { http: [{ host: '127.0.0.1', port: 0 }], https: [] },
  logs: { access: 'off', errors: 'off', format: 'combined' },
  workers: 1,
});
const gate = plane.addresses[0]!.port;
const send = (body = '') =>
  rawExchange(
    gate,
    `POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );

async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
const app = (): Server =>
  createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.end(`got ${Buffer.concat(chunks).length}`));
  });
async function untilWaiting(count: number): Promise<void> {
  while ((await plane.report()).workers[0]?.targets[0]?.waiting !== count) await delay(5);
}

test('requests to an app that is starting wait with their bodies, and are answered when it is ready', async () => {
  const body = 'x'.repeat(200_000);
  const asked = [send(), send('hello'), send(body)];
  await untilWaiting(3);
  const server = app();
  await publish({ targets: targetsOf(await listen(server)) });
  assert.deepEqual(
    (await Promise.all(asked)).map(({ text }) => bodyOf(text)),
    ['got 0', 'got 5', `got ${body.length}`],
  );
  server.close();
  server.closeAllConnections();
});

test('a request that meets an app that has gone waits, although it has a body, until the app is there again', async () => {
  const server = app();
  const port = await listen(server);
  await publish({ targets: targetsOf(port) });
  assert.equal(bodyOf((await send('one')).text), 'got 3');
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  const asked = [send('hello'), send('world')];
  await untilWaiting(2);
  // At the same port, and nobody tells the gate.
  const again = app();
  await listen(again, port);
  assert.deepEqual(
    (await Promise.all(asked)).map(({ text }) => bodyOf(text)),
    ['got 5', 'got 5'],
  );
  again.closeAllConnections();
  again.close();
});

test('a client that leaves waits no longer, and no app sees its request', async () => {
  await publish({ waits: true });
  const socket = connect(gate, '127.0.0.1');
  socket.write('POST /left HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\n\r\nabc');
  await untilWaiting(1);
  socket.resetAndDestroy();
  await untilWaiting(0);
});

test('requests beyond the queue, and those that wait for too long, are answered with 503', async () => {
  await publish({ waits: true, queue: { requests: 1, wait: 400 } });
  const asked = send();
  await untilWaiting(1);
  const refused = await send();
  assert.deepEqual(statuses(refused.text), [503]);
  assert.match(refused.text, /^retry-after: \d+\r$/im);
  assert.deepEqual(statuses((await asked).text), [503]);
});

test('an app that will not come back is a 503 at once, and the log says why', async () => {
  await publish({ absence: 'the app blog has crashed five times in a row' });
  assert.deepEqual(statuses((await send()).text), [503]);
  assert.match(log.of('error').at(-1) ?? '', /upstream app blog: the app blog has crashed five times in a row/);
});

test('requests that wait while their route is taken away are answered with 503', async () => {
  await publish({ waits: true, queue: { requests: 10, wait: 400 } });
  const asked = send();
  await untilWaiting(1);
  await plane.publish(snapshot([]));
  assert.deepEqual(statuses((await asked).text), [503]);
});
