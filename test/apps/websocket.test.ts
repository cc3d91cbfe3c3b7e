import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { runSallyport, startSallyport } from '../support/sallyport.ts';
import { appDirectory, eventually, isAlive } from './support.ts';

const ws = resolve(import.meta.dirname, '../../node_modules/ws');

const app = (word: string) => `
const { WebSocketServer } = require(${JSON.stringify(ws)});
const server = require('node:http').createServer((request, response) => response.end('${word} ' + process.pid));
new WebSocketServer({ server }).on('connection', (socket) => {
  socket.on('message', (data) => socket.send('${word} ' + process.pid + ' ' + data));
});
server.listen(process.env.PORT);`;

test('an open WebSocket stays with the version it began with, which ends when it is closed', async (t) => {
  const directory = await appDirectory(t, { 'app.js': app('one') });
  const run = { run: [process.execPath, 'app.js'], home: directory };
  const site = { tls: 'off', app: run };
  const yaml = `listen: { http: "127.0.0.1:0", https: false }\nsites: ${JSON.stringify({ 'app.test': site })}\n`;
  const gate = await startSallyport(t, yaml);
  const socket = new WebSocket(`ws://127.0.0.1:${gate.http}/`, { headers: { host: 'app.test' } });
  t.after(() => socket.terminate());
  await once(socket, 'open');
  const echo = async (text: string): Promise<string> => {
    socket.send(text);
    const [data] = await once(socket, 'message', { signal: AbortSignal.timeout(20_000) });
    return String(data);
  };
  const [, old] = /^one (\d+) hello$/.exec(await echo('hello')) ?? [];
  assert.ok(old);
  await writeFile(join(directory, 'app.js'), app('two'));
  const restart = await runSallyport(['app', 'restart', 'app.test', '-c', gate.configFile], { cwd: directory });
  assert.equal(restart.code, 0, restart.stderr);
  await delay(500);
  assert.equal(await echo('still'), `one ${old} still`);
  assert.doesNotMatch(restart.stdout, new RegExp(`pid ${old}$`));
  socket.close();
  await once(socket, 'close');
  await eventually(() => !isAlive(Number(old)), gate.output);
});
