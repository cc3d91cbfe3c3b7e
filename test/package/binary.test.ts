import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { runProcess, startProcess } from '../support/process.ts';
import { readyPorts } from '../support/sallyport.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';
import { succeed } from './install.ts';

const checkout = resolve(import.meta.dirname, '../..');
const scope = sharedScope();
const directory = await temporaryDirectory(scope);
await succeed('npm', ['run', 'build:binary', '--', '--to', directory], checkout);
// As on a machine without Node.js: nothing of the checkout is in reach.
const binary = join(directory, 'sallyport');
await succeed('mv', [join(directory, `sallyport-linux-${process.arch}`), binary], directory);
const elsewhere = { cwd: directory, env: { PATH: '/usr/bin:/bin', HOME: directory, NODE_OPTIONS: undefined } };

test('the single executable tells its version', async () => {
  const { version } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as { version: string };
  assert.equal((await runProcess(binary, ['--version'], elsewhere)).stdout, `${version}\n`);
});

const anywhere = 'listen: { http: false, https: "127.0.0.1:0" }\nstate: state\n';

test('the single executable serves a configuration, and is asked by a second one', async (t) => {
  await writeFile(
    join(directory, 'sallyport.yaml'),
    `${anywhere}sites: { notes.internal: { routes: { /: { redirect: https://elsewhere.test/ } } } }\n`,
  );
  const gate = startProcess(binary, ['run'], elsewhere);
  t.after(() => gate.stop());
  const [line] = await gate.printed(/^ready .*$/m);
  const [port = 0] = readyPorts(line).https;
  const root = await runProcess(binary, ['ca', 'root'], elsewhere);
  await writeFile(join(directory, 'root.pem'), root.stdout);
  const place = ['--connect-to', `:443:127.0.0.1:${port}`, 'https://notes.internal/'];
  const ask = ['-sS', '--cacert', 'root.pem', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '20', ...place];
  const answer = await runProcess('curl', ask, elsewhere);
  assert.equal(answer.stdout, '302', answer.stderr + gate.stderr());
  assert.match((await runProcess(binary, ['status'], elsewhere)).stdout, /notes\.internal/);
  assert.match((await runProcess(binary, ['reload'], elsewhere)).stdout, /^reloaded /);
  assert.match((await runProcess(binary, ['stop'], elsewhere)).stdout, /^stopped /);
  assert.equal((await gate.exited).code, 0);
});

test('the single executable checks passwords', async (t) => {
  const hash = await runProcess(binary, ['user', 'add', 'users.htpasswd', 'ada'], {
    ...elsewhere,
    input: 'secret word\n',
  });
  assert.equal(hash.code, 0, hash.stderr);
  const site =
    '{ notes.internal: { auth: { basic: users.htpasswd }, routes: { /: { redirect: https://elsewhere.test/ } } } }';
  await writeFile(
    join(directory, 'guarded.yaml'),
    `${anywhere.replace('state: state', 'state: guarded')}sites: ${site}\n`,
  );
  const gate = startProcess(binary, ['run', '-c', 'guarded.yaml'], elsewhere);
  t.after(() => gate.stop());
  const [port = 0] = readyPorts((await gate.printed(/^ready .*$/m))[0]).https;
  const ask = async (password: string): Promise<string> => {
    const place = ['--connect-to', `:443:127.0.0.1:${port}`, '-u', `ada:${password}`, 'https://notes.internal/'];
    return (await runProcess('curl', ['-sSk', '-o', '/dev/null', '-w', '%{http_code}', ...place], elsewhere)).stdout;
  };
  assert.equal(await ask('wrong'), '401');
  assert.equal(await ask('secret word'), '302');
});

test('the single executable runs apps, has workers and upgrades itself', needs('curl', 'gunicorn'), async (t) => {
  await writeFile(
    join(directory, 'app.wsgi'),
    "def application(environ, start):\n    start('200 OK', [])\n    return [b'served']\n",
  );
  const app = `{ app.internal: { tls: off, app: { wsgi: app.wsgi, server: gunicorn } } }`;
  const listen = 'listen: { http: "127.0.0.1:0", https: false }\nstate: apps\nworkers: 2\n';
  await writeFile(join(directory, 'apps.yaml'), `${listen}sites: ${app}\n`);
  // A shell that outlives the first program and its successor.
  const gate = startProcess('sh', ['-c', '"$0" run -c apps.yaml; exec sleep 600', binary], elsewhere);
  t.after(() => gate.stop());
  const [port = 0] = readyPorts((await gate.printed(/^ready .*$/m))[0]).http;
  const ask = async (): Promise<string> => {
    const place = ['-H', 'Host: app.internal', `http://127.0.0.1:${port}/`];
    return (await runProcess('curl', ['-sS', '--max-time', '20', ...place], elsewhere)).stdout;
  };
  assert.equal(await ask(), 'served', gate.stderr());
  const upgraded = await runProcess(binary, ['upgrade', '-c', 'apps.yaml'], elsewhere);
  assert.equal(upgraded.code, 0, upgraded.stderr);
  assert.equal(await ask(), 'served');
  const status = await runProcess(binary, ['status', '--json', '-c', 'apps.yaml'], elsewhere);
  assert.equal(status.code, 0, status.stderr + gate.stderr());
  const { workers } = JSON.parse(status.stdout) as { workers: { state: string }[] };
  assert.equal(workers.filter(({ state }) => state === 'serving').length, 2);
  assert.equal((await runProcess(binary, ['stop', '-c', 'apps.yaml'], elsewhere)).code, 0);
});

test('the single executable brings the sample app and its page', async () => {
  const demo = startProcess(binary, ['demo', '--https', '127.0.0.1:0', '--http', 'off', '--state', 'demo'], elsewhere);
  const [, app = ''] = await demo.printed(/App +(http:\S+)/);
  await demo.printed(/^ready https:/m);
  assert.match(await (await fetch(app)).text(), /<title>/);
  assert.equal((await demo.stop()).code, 0);
});
