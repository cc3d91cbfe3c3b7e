/** More connections than there are files for, and clients that do nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { anyPorts, statuses } from '../exchange/support.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { type RunningSallyport, startSallyport } from '../support/sallyport.ts';
import { processorTime, residentBytes, startApp } from './support.ts';

const request = 'GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n';

/** Opens connections, each of which sends `first` and then nothing. Resolves when each is open or has been refused. */
async function flood(
  t: TestContext,
  port: number,
  count: number,
  first: string,
): Promise<{ open(): number; end(): void }> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1', () => socket.write(first));
    socket.on('error', () => {});
    socket.on('data', () => {});
    sockets.push(socket);
    if (i % 100 === 99) await delay(5);
  }
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(
    sockets
      .filter(({ connecting }) => connecting)
      .map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {})),
  );
  return {
    open: () => sockets.filter(({ destroyed }) => !destroyed).length,
    end: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function served(sallyport: RunningSallyport): Promise<boolean> {
  const { text } = await rawExchange(sallyport.http, request.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  return statuses(text)[0] === 200;
}

async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await holds()) return;
    await delay(100);
  }
  assert.fail(`${what} did not come`);
}

test('with files for 120 connections, 800 that all ask: who is in is served, the rest is turned away, and it recovers', async (t) => {
  const app = await startApp(t);
  const config = `${anyPorts}workers: 1\nsites:\n  plain.test: { tls: off, to: ${app} }\n`;
  const sallyport = await startSallyport(t, config, { openFiles: 304 });
  const { open, end } = await flood(t, sallyport.http, 800, request);
  await eventually('the refusals', () => open() <= 120);
  assert.ok(open() > 60, `${open()} connections are open`);
  const before = await processorTime(sallyport.pid);
  await delay(1000);
  const spent = (await processorTime(sallyport.pid)) - before;
  t.diagnostic(`${open()} of 800 connections are in; the gate then takes ${spent} ms of processor time a second`);
  assert.ok(spent < 500, 'it does not spin');
  end();
  await eventually('an answer to somebody else', () => served(sallyport));
});

test('with more connections allowed than there are files: it does not fall over, and recovers', async (t) => {
  const app = await startApp(t);
  const config = `${anyPorts}workers: 1\nlimits: { connections: 5000, keepAlive: 2s, headTimeout: 2s }\nsites:\n  plain.test: { tls: off, to: ${app} }\n`;
  const sallyport = await startSallyport(t, config, { openFiles: 100 });
  const { end } = await flood(t, sallyport.http, 400, request);
  const before = await processorTime(sallyport.pid);
  await delay(1500);
  const spent = (await processorTime(sallyport.pid)) - before;
  t.diagnostic(`at the limit of open files the gate takes ${spent} ms of processor time in 1.5 s`);
  end();
  await eventually('an answer to somebody else', () => served(sallyport));
});

test('3000 connections that say nothing cost little and are closed when their time is over', async (t) => {
  const app = await startApp(t);
  const config = `${anyPorts}workers: 1\nlimits: { headTimeout: 4s, connections: 4000 }\nsites:\n  plain.test: { tls: off, to: ${app} }\n`;
  const sallyport = await startSallyport(t, config);
  const before = await residentBytes(sallyport.pid);
  const { open } = await flood(t, sallyport.http, 3000, '');
  assert.ok(await served(sallyport));
  const each = ((await residentBytes(sallyport.pid)) - before) / 3000 / 1024;
  t.diagnostic(`${open()} idle connections, ${each.toFixed(1)} KiB each`);
  assert.ok(each < 50, `${each} KiB each`);
  await eventually('the end of all of them', () => open() === 0);
  assert.ok(await served(sallyport));
});

test('with connectionsPerAddress one address cannot take everybody’s place', async (t) => {
  const app = await startApp(t);
  const config = `${anyPorts}workers: 1\nlimits: { connectionsPerAddress: 20 }\nsites:\n  plain.test: { tls: off, to: ${app} }\n`;
  const sallyport = await startSallyport(t, config);
  const { open, end } = await flood(t, sallyport.http, 300, '');
  await eventually('the refusals', () => open() === 20);
  const other = await new Promise<string>((resolve) => {
    const socket = connect({ port: sallyport.http, host: '127.0.0.1', localAddress: '127.0.0.2' }, () =>
      socket.write(request),
    );
    socket.once('data', (chunk) => {
      resolve(chunk.toString('latin1'));
      socket.destroy();
    });
    socket.on('error', (error) => resolve(String(error)));
  });
  assert.match(other, /^HTTP\/1\.1 200 /);
  end();
});
