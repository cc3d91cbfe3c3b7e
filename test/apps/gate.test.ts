import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { PythonServer } from '../../src/model/app.ts';
import type { Status } from '../../src/model/status.ts';
import { needs } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { type RunningSallyport, runSallyport, startSallyport } from '../support/sallyport.ts';
import type { Scope } from '../support/scope.ts';
import { askOnce, startLoad } from './load.ts';
import { appDirectory, eventually, isAlive } from './support.ts';

const isRoot = process.geteuid?.() === 0;
const account = isRoot ? { user: 'www-data' } : {};
const node = process.execPath;

/** Sallyport with one app at `app.test`, on the HTTP port. */
async function gateWith(t: Scope, app: object, more: object = {}): Promise<RunningSallyport> {
  return startSallyport(t, yamlOf({ 'app.test': { tls: 'off', app: { ...account, ...app }, ...more } }));
}

function yamlOf(sites: object): string {
  return `listen: { http: "127.0.0.1:0", https: false }\nsites: ${JSON.stringify(sites)}\n`;
}

function verb(gate: RunningSallyport, ...args: string[]) {
  return runSallyport([...args, '-c', gate.configFile], { cwd: gate.directory });
}

async function statusOf(gate: RunningSallyport): Promise<Status> {
  return JSON.parse((await verb(gate, 'status', '--json')).stdout);
}

/** Resolves once the app serves and was started anew so often. */
function untilReady(gate: RunningSallyport, restarts: number): Promise<void> {
  return eventually(async () => {
    const [app] = (await statusOf(gate)).apps;
    return app?.state === 'ready' && app.restarts === restarts;
  }, gate.output);
}

function get(gate: RunningSallyport) {
  return askOnce(gate.http, 'app.test');
}

const echo = (word: string, listen = 'process.env.PORT') => `
require('node:http').createServer((request, response) => {
  request.resume().on('end', () => response.end('${word}'));
}).listen(${listen});`;

const wsgi = (word: string) => `
def application(environ, start_response):
    environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 0))
    start_response('200 OK', [('Content-Length', '3')])
    return [b'${word}']
`;

suite('an app behind the gate', () => {
  test('requests that come before it is ready are answered when it is', async (t) => {
    const directory = await appDirectory(t, { 'app.js': `setTimeout(() => { ${echo('late')} }, 1000)` });
    const gate = await gateWith(t, { run: [node, 'app.js'], home: directory });
    const load = startLoad(gate.http, 'app.test');
    await load.more(50);
    assert.deepEqual((await load.stop()).failures, [], gate.output());
  });

  test('requests that come while it is down are answered when it is up again', async (t) => {
    const directory = await appDirectory(t, { 'app.js': echo('up') });
    const gate = await gateWith(t, { run: [node, 'app.js'], home: directory });
    await get(gate);
    const [app] = (await statusOf(gate)).apps;
    process.kill(app?.pids[0] ?? 0, 'SIGKILL');
    await gate.process.printed(/an app has failed .*signal SIGKILL/);
    const load = startLoad(gate.http, 'app.test');
    await load.more(50);
    const { failures } = await load.stop();
    assert.deepEqual(failures, [], gate.output());
    const [after] = (await statusOf(gate)).apps;
    assert.equal(after?.lastError?.message, 'signal SIGKILL');
  });

  for (const server of ['gunicorn', 'uwsgi', 'waitress'] satisfies PythonServer[]) {
    test(`a restart on ${server} loses no request, with bodies or without`, needs(server), async (t) => {
      const directory = await appDirectory(t, { 'app.wsgi': wsgi('one') });
      const gate = await gateWith(t, { wsgi: join(directory, 'app.wsgi'), server, threads: 5 });
      const load = startLoad(gate.http, 'app.test');
      await load.more(50);
      await writeFile(join(directory, 'app.wsgi'), wsgi('two'));
      const { code, stdout, stderr } = await verb(gate, 'app', 'restart', 'app.test');
      assert.equal(code, 0, stderr);
      assert.match(stdout, new RegExp(`^app\\.test serves anew: ${server} app\\.wsgi as .*, pid \\d+\n$`));
      await load.more(200);
      const { failures, bodies } = await load.stop();
      assert.deepEqual(failures, [], gate.output());
      assert.deepEqual([...bodies], ['one', 'two']);
    });
  }

  test('a restart of an app with a port of its own loses no request', async (t) => {
    const port = await freePort();
    const directory = await appDirectory(t, { 'app.js': echo('one', String(port)) });
    const gate = await gateWith(t, { run: [node, 'app.js'], home: directory, port });
    const load = startLoad(gate.http, 'app.test');
    await load.more(50);
    await writeFile(join(directory, 'app.js'), echo('two', String(port)));
    const { code, stderr } = await verb(gate, 'app', 'restart', 'app.test');
    assert.equal(code, 0, stderr);
    await load.more(200);
    const { failures, bodies } = await load.stop();
    assert.deepEqual(failures, [], gate.output());
    assert.deepEqual([...bodies], ['one', 'two']);
  });

  test('touching the script deploys it, and a broken one changes nothing', needs('gunicorn'), async (t) => {
    const directory = await appDirectory(t, { 'app.wsgi': wsgi('one') });
    const script = join(directory, 'app.wsgi');
    const gate = await gateWith(t, { wsgi: script, reload: true, threads: 5 });
    const load = startLoad(gate.http, 'app.test');
    await load.more(50);
    await writeFile(script, 'import no_such_module_here\n');
    await gate.process.printed(
      /the new version of an app does not become ready; the old one goes on serving app=app\.test/,
    );
    await load.more(50);
    await writeFile(script, wsgi('two'));
    await untilReady(gate, 2);
    await load.more(50);
    const { failures, bodies } = await load.stop();
    assert.deepEqual(failures, [], gate.output());
    assert.deepEqual([...bodies], ['one', 'two']);
    const logs = await verb(gate, 'app', 'logs', 'app.test');
    assert.match(logs.stdout, /no_such_module_here/);
  });

  test('a reload does not touch an app whose settings stay, deploys one whose settings change, and ends one that is gone', async (t) => {
    const directory = await appDirectory(t, { 'app.js': echo('up') });
    const app = { ...account, run: [node, 'app.js'], home: directory };
    const gate = await startSallyport(t, yamlOf({ 'app.test': { tls: 'off', app } }));
    const load = startLoad(gate.http, 'app.test');
    await load.more(20);
    const pids = async () => (await statusOf(gate)).apps.map((one) => one.pids[0]);
    const [first] = await pids();
    const both = { 'app.test': { tls: 'off', app }, 'other.test': { tls: 'off', app } };
    assert.equal((await gate.reload(yamlOf(both))).code, 0, gate.output());
    assert.equal((await pids())[0], first);
    const changed = { ...app, environment: { MORE: '1' } };
    assert.equal((await gate.reload(yamlOf({ 'app.test': { tls: 'off', app: changed } }))).code, 0, gate.output());
    await untilReady(gate, 1);
    assert.notEqual((await pids())[0], first);
    await load.more(50);
    assert.deepEqual((await load.stop()).failures, [], gate.output());
    await eventually(() => !isAlive(first ?? 0), gate.output);
  });

  test('a stop answers what is under way, then lets the app flush', async (t) => {
    const directory = await appDirectory(t, {
      'app.js': `
const { writeFileSync } = require('node:fs');
let answered = 0;
process.on('SIGINT', () => { writeFileSync('flushed', String(answered)); process.exit(); });
require('node:http').createServer((request, response) => {
  console.log('asked');
  setTimeout(() => { answered++; response.end('done'); }, 500);
}).listen(process.env.PORT);`,
    });
    const app = { run: [node, 'app.js'], home: directory, stopSignal: 'SIGINT', user: isRoot ? 'root' : undefined };
    const gate = await gateWith(t, app);
    const answer = get(gate);
    await gate.process.printed(/asked[\s\S]*asked/);
    gate.process.signal('SIGTERM');
    assert.equal((await answer).body, 'done');
    assert.equal((await gate.process.exited).code, 0);
    assert.equal(await readFile(join(directory, 'flushed'), 'utf8'), '2', 'the question whether it is ready, and ours');
  });

  test('a second signal ends an app that does not want to end, too', async (t) => {
    const directory = await appDirectory(t, {
      'app.js': `process.on('SIGTERM', () => console.log('no')); console.log('I am', process.pid); ${echo('up')}`,
    });
    const gate = await gateWith(t, { run: [node, 'app.js'], home: directory, stopTimeout: '1h' });
    const [, pid] = await gate.process.printed(/I am (\d+)/);
    await get(gate);
    gate.process.signal('SIGTERM');
    await gate.process.printed(/info no app=app\.test/);
    gate.process.signal('SIGTERM');
    assert.equal((await gate.process.exited).code, 1);
    await eventually(() => !isAlive(Number(pid)), gate.output);
  });

  test('a crash loop is told of: in the status, by the verbs, and to clients after a while with 503', async (t) => {
    const directory = await appDirectory(t, { 'app.js': `console.error('no database'); process.exit(4)` });
    const gate = await gateWith(t, { run: [node, 'app.js'], home: directory }, { queue: { wait: '200ms' } });
    const answer = await get(gate);
    assert.equal(answer.status, 503);
    await gate.process.printed(/an app has failed app=app\.test pid=\d+ how="exit code 4" said="no database"/);
    const { stdout } = await verb(gate, 'app', 'list');
    assert.match(
      stdout,
      /^APP .*\napp\.test +(?:waiting|starting) [\s\S]*\napp\.test failed at .*: exit code 4\n {2}no database\n$/,
    );
    assert.match((await verb(gate, 'status')).stdout, /app\.test failed at .*: exit code 4/);
    const unknown = await verb(gate, 'app', 'restart', 'ap.test');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /there is no app ap\.test\n {2}cure: There are: app\.test\./);
    const restart = await verb(gate, 'app', 'restart', 'app.test');
    assert.equal(restart.code, 1);
    assert.match(restart.stderr, /the app app\.test did not become ready: exit code 4/);
  });
});
