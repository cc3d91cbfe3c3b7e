import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Status } from '../../src/model/status.ts';
import { runProcess } from '../support/process.ts';
import { type RunningSallyport, runSallyport, startSallyport } from '../support/sallyport.ts';
import { asRoot, gid, place, statusLine, uid } from './users.ts';

const nobody = (await runProcess('id', ['-u', 'nobody'])).stdout.trim();

/** Tells who it runs as, on the socket or the port it is given. */
const app = `require('node:http').createServer((request, response) => response.end(String(process.getuid())))
  .listen(process.argv[2]);`;

/** A gate that becomes www-data, in front of an app of nobody's and one that does not say whose it is. */
async function gate(t: TestContext, workers: number): Promise<RunningSallyport> {
  const { directory, yaml } = await place(t);
  await writeFile(join(directory, 'app.js'), app);
  const run = (listen: string) => `run: [${process.execPath}, app.js, "${listen}"], home: ${directory}`;
  const sites = `
  socket.test: { tls: off, app: { ${run('{socket}')}, user: nobody } }
  port.test: { tls: off, app: { ${run('{port}')}, user: nobody } }
  own.test: { tls: off, app: { ${run('{socket}')} } }`;
  const served = yaml.replace(/listen:.*/, 'listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }');
  return startSallyport(t, served.replace(/sites:.*/, `workers: ${workers}\nsites:\n  tls.internal: 8080${sites}`));
}

async function whoAnswers(gate: RunningSallyport, host: string): Promise<string> {
  const ask = ['-sS', '--max-time', '20', '-H', `Host: ${host}`, `http://127.0.0.1:${gate.http}/`];
  const { stdout, stderr } = await runProcess('curl', ask);
  return stdout + stderr;
}

async function workersOf(gate: RunningSallyport): Promise<number[]> {
  const { stdout } = await runSallyport(['status', '--json', '-c', gate.configFile]);
  return (JSON.parse(stdout) as Status).workers.map(({ pid }) => pid);
}

for (const workers of [1, 2]) {
  test(`apps run as their own users, requests are carried as the gate's: workers: ${workers}`, asRoot, async (t) => {
    const running = await gate(t, workers);
    assert.equal(await whoAnswers(running, 'socket.test'), nobody, running.output());
    assert.equal(await whoAnswers(running, 'port.test'), nobody);
    assert.equal(await whoAnswers(running, 'own.test'), uid);
    assert.equal(statusLine(running.pid, 'Uid').split('\t')[0], '0', 'the supervisor starts the apps');
    const pids = await workersOf(running);
    assert.equal(pids.length, workers);
    for (const pid of pids) {
      assert.equal(statusLine(pid, 'Uid'), Array(4).fill(uid).join('\t'));
      assert.equal(statusLine(pid, 'Gid'), Array(4).fill(gid).join('\t'));
      assert.match(statusLine(pid, 'CapEff'), /^0+$/);
      assert.ok(!statusLine(pid, 'Groups').split(' ').includes('0'), 'not in the group root');
    }
  });
}

test('a worker that dies is followed by one that is the gate’s user as well', asRoot, async (t) => {
  const running = await gate(t, 1);
  const [first = 0] = await workersOf(running);
  process.kill(first, 'SIGKILL');
  await running.process.printed(/a worker has died/);
  assert.equal(await whoAnswers(running, 'own.test'), uid);
  const [next = 0] = await workersOf(running);
  assert.notEqual(next, first);
  assert.equal(statusLine(next, 'Uid'), Array(4).fill(uid).join('\t'));
});

test('keys stay root’s where the gate stays root, and the access log is written by the workers', asRoot, async (t) => {
  const running = await gate(t, 1);
  assert.equal(await whoAnswers(running, 'own.test'), uid);
  const config = readFileSync(running.configFile, 'utf8');
  const log = /access: (\S+) }/.exec(config)?.[1] ?? '';
  assert.equal(statSync(join(log, '../state')).uid, 0);
  await chmod(running.directory, 0o755);
  await running.stop();
  assert.match(readFileSync(log, 'utf8'), /"GET \/ HTTP\/1\.1" 200/);
  assert.equal(String(statSync(log).uid), uid);
});
