import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../support/ports.ts';
import { runSallyport, startSallyport } from '../support/sallyport.ts';
import { startLoad } from './load.ts';
import { appDirectory, eventually, isAlive } from './support.ts';

test('an upgrade loses no request to an app that has its port for itself', async (t) => {
  const port = await freePort();
  const directory = await appDirectory(t, {
    'app.js': `
console.log('I am', process.pid);
require('node:http').createServer((request, response) => {
  request.resume().on('end', () => response.end(String(process.pid)));
}).listen(${port});`,
  });
  const app = { run: [process.execPath, 'app.js'], home: directory, port };
  const yaml = `listen: { http: "127.0.0.1:0", https: false }\nsites: ${JSON.stringify({ 'app.test': { tls: 'off', app } })}\n`;
  const gate = await startSallyport(t, yaml, { mayBeReplaced: true });
  const [, old] = await gate.process.printed(/I am (\d+)/);
  const load = startLoad(gate.http, 'app.test');
  await load.more(50);
  const { code, stderr } = await runSallyport(['upgrade', '-c', gate.configFile], { cwd: directory });
  assert.equal(code, 0, stderr);
  await eventually(() => !isAlive(Number(old)), gate.output);
  await load.more(50);
  const { failures, bodies } = await load.stop();
  assert.deepEqual(failures, [], gate.output());
  assert.equal(bodies.size, 2, 'first by the one, then by the other');
});
