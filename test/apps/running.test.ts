import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import type { AppSettings } from '../../src/model/app.ts';
import { startProcess } from '../support/process.ts';
import type { Scope } from '../support/scope.ts';
import { appDirectory, appSettings, appsAlone, ask, isAlive } from './support.ts';

const node = process.execPath;

async function start(t: Scope, source: string, more: Partial<AppSettings> = {}, args: readonly string[] = []) {
  const directory = await appDirectory(t, { 'app.js': source });
  const alone = appsAlone(t);
  const program = { kind: 'command', words: [node, 'app.js', ...args], port: null } as const;
  alone.apps.take([appSettings(directory, { program, ...more })]);
  return {
    ...alone,
    directory,
    ready: () => alone.until(() => alone.apps.placeOf('app.example').targets.length === 1),
  };
}

suite('running an app', () => {
  test('one that crashes again and again is started again and again, and its last words are kept', async (t) => {
    const { apps, until, log } = await start(t, `console.error('no config'); process.exit(7)`);
    await until(() => (apps.facts()[0]?.restarts ?? 0) >= 2);
    const [facts] = apps.facts();
    assert.equal(facts?.lastError?.message, 'exit code 7');
    assert.deepEqual(facts?.lastError?.lines, ['no config']);
    assert.match(log.of('error')[0] ?? '', /an app has failed app=app\.example .*how=exit code 7 said=no config/);
  });

  test('one that is killed is there again at once', async (t) => {
    const { apps, until, ready } = await start(
      t,
      `require('http').createServer((q, s) => s.end('hi')).listen(process.env.PORT)`,
    );
    await ready();
    const [pid = 0] = apps.facts()[0]?.pids ?? [];
    process.kill(pid, 'SIGKILL');
    await until(() => apps.facts()[0]?.lastError?.message === 'signal SIGKILL');
    await ready();
    assert.equal(await ask(apps.placeOf('app.example').targets[0]), 'hi');
  });

  test('it is ready when the path that was named is answered well, not before', async (t) => {
    const source = `
let asked = 0;
require('http').createServer((request, response) => {
  response.writeHead(request.url === '/health' && ++asked > 2 ? 204 : 503).end();
}).listen(process.env.PORT)`;
    const { apps, ready } = await start(t, source, { readyPath: '/health' });
    await ready();
    assert.equal(apps.facts()[0]?.restarts, 0);
  });

  test('its environment has its own variables and nothing of the gate that could be a secret', async (t) => {
    process.env.SALLYPORT_TEST_SECRET = 'hunter2';
    t.after(() => delete process.env.SALLYPORT_TEST_SECRET);
    const source = `require('http').createServer((q, s) => s.end(JSON.stringify(process.env))).listen(process.env.PORT)`;
    const { apps, ready } = await start(t, source, { environment: { TOKEN: 'its own', URL: 'http://x:{port}/' } });
    await ready();
    const target = apps.placeOf('app.example').targets[0];
    const environment = JSON.parse(await ask(target));
    assert.equal(environment.TOKEN, 'its own');
    assert.equal(environment.URL, `http://x:${environment.PORT}/`);
    assert.equal(environment.SALLYPORT_TEST_SECRET, undefined);
  });

  test('one that asks for a socket gets one that only it and the gate can reach', async (t) => {
    const source = `require('http').createServer((q, s) => s.end('by socket')).listen(process.argv[2])`;
    const { apps, ready } = await start(t, source, {}, ['{socket}']);
    await ready();
    const [target] = apps.placeOf('app.example').targets;
    assert.ok(target?.kind === 'unix');
    assert.equal(await ask(target), 'by socket');
    assert.equal((await stat(dirname(target.path))).mode & 0o777, 0o700);
  });

  test('one that flushes on SIGINT is stopped by SIGINT, and waited for', async (t) => {
    const source = `
const { writeFileSync } = require('fs');
process.on('SIGINT', () => setTimeout(() => { writeFileSync('flushed', 'all of it'); process.exit() }, 300));
require('http').createServer((q, s) => s.end()).listen(process.env.PORT)`;
    const { apps, ready, directory, log } = await start(t, source, { stopSignal: 'SIGINT' });
    await ready();
    await apps.stop();
    assert.equal(await readFile(join(directory, 'flushed'), 'utf8'), 'all of it');
    assert.deepEqual(log.of('error'), []);
  });

  test('one that does not end when asked is killed, with all that it has started', async (t) => {
    const source = `
process.on('SIGTERM', () => {});
const child = require('child_process').spawn('sleep', ['1000']);
require('http').createServer((q, s) => s.end(String(child.pid))).listen(process.env.PORT)`;
    const { apps, ready, until } = await start(t, source, { stopTimeout: 200 });
    await ready();
    const child = Number(await ask(apps.placeOf('app.example').targets[0]));
    await apps.stop();
    await until(() => !isAlive(child));
  });

  test('a port that another program has is named, not taken for the app, and waited for', async (t) => {
    const other = createServer((_, response) => response.end('somebody else')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    t.after(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const source = `require('http').createServer((q, s) => s.end('the app')).listen(${port})`;
    const program = { kind: 'command', words: [node, 'app.js'], port } as const;
    const { apps, until, ready, log } = await start(t, source, { program });
    await until(() => apps.facts()[0]?.lastError !== null);
    assert.match(apps.facts()[0]?.lastError?.message ?? '', new RegExp(`port ${port} is taken by another program`));
    assert.deepEqual(apps.placeOf('app.example').targets, []);
    other.closeAllConnections();
    other.close();
    await ready();
    assert.equal(await ask(apps.placeOf('app.example').targets[0]), 'the app');
    assert.deepEqual(log.of('error'), []);
  });

  test('what is missing is named with its cure', async (t) => {
    const { apps, until } = await start(t, '', {
      program: { kind: 'command', words: ['no-such-program'], port: null },
    });
    await until(() => apps.facts()[0]?.lastError !== null);
    assert.match(apps.facts()[0]?.lastError?.message ?? '', /^there is no program no-such-program\. Install it/);
  });

  test('none of it survives a gate that is killed', async (t) => {
    const directory = await appDirectory(t, {
      'app.js': `
const child = require('child_process').spawn('sleep', ['1000']);
process.on('SIGTERM', () => {});
process.on('SIGINT', () => { require('fs').writeFileSync('flushed', ''); });
console.log('pids', process.pid, child.pid);
setInterval(() => {}, 1000)`,
      'gate.ts': `
import { Apps } from '${join(import.meta.dirname, '../../src/control/apps/apps.ts')}';
import { systemClock } from '${join(import.meta.dirname, '../../src/model/clock.ts')}';
import { appSettings } from '${join(import.meta.dirname, 'support.ts')}';
const log = { info: console.log, warn: console.log, error: console.log };
const apps = new Apps({ clock: systemClock, log, onMoved: async () => {}, longestDrain: () => 0 });
const program = { kind: 'command', words: [process.execPath, 'app.js'], port: null };
apps.take([appSettings(import.meta.dirname, { program, stopSignal: 'SIGINT' })]);
setInterval(() => {}, 1000);
`,
    });
    const gate = startProcess(node, ['gate.ts'], { cwd: directory });
    t.after(async () => void (await gate.stop()));
    const [, app, child] = (await gate.printed(/pids (\d+) (\d+)/)).map(Number);
    gate.signal('SIGKILL');
    const { until } = appsAlone(t);
    await until(() => !isAlive(app ?? 0) && !isAlive(child ?? 0));
    assert.equal(await readFile(join(directory, 'flushed'), 'utf8'), '', 'it got its stop signal first');
  });
});
