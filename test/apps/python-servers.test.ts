import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PythonServer } from '../../src/model/app.ts';
import { needs, requirePart } from '../support/parts.ts';
import { runProcess } from '../support/process.ts';
import type { Scope } from '../support/scope.ts';
import { appDirectory, appSettings, appsAlone, ask } from './support.ts';

const isRoot = process.geteuid?.() === 0;

const script = `
import sys
sys.path.append('/nowhere')
from app import app as application
`;

const app = `
import grp, os, pwd
from flask import Flask, request
app = Flask(__name__)
print('the app is loaded')
@app.get('/')
def hello():
    groups = sorted(grp.getgrgid(gid).gr_name for gid in os.getgroups())
    return ' '.join([pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name, '+'.join(groups) or 'none',
        os.getcwd(), os.environ.get('GREETING', ''), request.scheme, str(request.remote_addr)])
`;

const asgi = `
async def application(scope, receive, send):
    if scope['type'] != 'http':
        return
    body = f"{scope['scheme']} {scope['client'][0]}".encode()
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-length', str(len(body)).encode())]})
    await send({'type': 'http.response.body', 'body': body})
`;

const fromGate = { 'x-real-ip': '192.0.2.7', 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' };

for (const server of ['gunicorn', 'uwsgi', 'waitress'] satisfies PythonServer[]) {
  test(
    `${server} runs a script as mod_wsgi would: its user, its groups, its directory`,
    needs(server, 'flask'),
    async (t) => {
      const directory = await appDirectory(t, { 'app.wsgi': script, 'app.py': app });
      const { apps, until, log } = appsAlone(t);
      const entry = { script: `${directory}/app.wsgi`, callable: 'application' };
      const program = { kind: 'wsgi', entry, server, threads: 5, processes: 1, virtualenv: null } as const;
      const account = isRoot ? { user: 'www-data', group: 'www-data', groups: ['adm', 'games'] } : {};
      apps.take([appSettings(directory, { program, ...account, environment: { GREETING: 'moin' } })]);
      await until(() => apps.placeOf('app.example').targets.length === 1);
      const said = await ask(apps.placeOf('app.example').targets[0], '/', fromGate);
      if (isRoot) assert.equal(said, `www-data www-data adm+games ${directory} moin https 192.0.2.7`);
      else assert.match(said, / moin https 192\.0\.2\.7$/);
      assert.ok(
        log.lines.some((line) => line.startsWith('info the app is loaded app=app.example')),
        log.lines.join('\n'),
      );
      const [facts] = apps.facts();
      assert.match(facts?.program ?? '', new RegExp(`^${server} app\\.wsgi as `));
      await apps.stop();
      assert.deepEqual(log.of('error'), []);
    },
  );
}

test('uvicorn runs an ASGI callable of a module', needs('uvicorn'), async (t) => {
  const directory = await appDirectory(t, { 'app.py': asgi });
  const { apps, until } = appsAlone(t);
  const entry = { module: 'app', callable: 'application' };
  const program = { kind: 'asgi', entry, server: null, threads: 1, processes: 1, virtualenv: null } as const;
  apps.take([appSettings(directory, { program, user: isRoot ? 'www-data' : null })]);
  await until(() => apps.placeOf('app.example').targets.length === 1);
  assert.equal(await ask(apps.placeOf('app.example').targets[0], '/', fromGate), 'https 192.0.2.7');
});

const venvApp = `
import shop_words, sys
def application(environ, start_response):
    start_response('200 OK', [])
    return [(shop_words.greeting + ' ' + str(sys.prefix != sys.base_prefix)).encode()]
`;

/** A virtual environment of Debian's Python with one module of its own, and with gunicorn in it when asked for. */
async function virtualenv(t: Scope, withServer: boolean): Promise<{ directory: string; venv: string }> {
  const directory = await appDirectory(t, { 'app.py': venvApp });
  const venv = join(directory, 'venv');
  const python = requirePart('python3');
  const made = await runProcess(python, ['-m', 'venv', '--without-pip', '--system-site-packages', venv]);
  assert.equal(made.code, 0, made.stderr);
  const [packages = ''] = globSync('lib/python3*/site-packages', { cwd: venv });
  await writeFile(join(venv, packages, 'shop_words.py'), 'greeting = "from the virtualenv"\n');
  const server = `#!${venv}/bin/python\nfrom gunicorn.app.wsgiapp import run\nrun()\n`;
  if (withServer) await writeFile(join(venv, 'bin/gunicorn'), server, { mode: 0o755 });
  return { directory, venv };
}

for (const withServer of [true, false]) {
  const where = withServer ? 'by its own gunicorn' : "by the system's gunicorn";
  test(`an app in a virtual environment is run ${where}, with its modules`, needs('gunicorn', 'python3'), async (t) => {
    const { directory, venv } = await virtualenv(t, withServer);
    const { apps, until } = appsAlone(t);
    const entry = { module: 'app', callable: 'application' };
    const program = { kind: 'wsgi', entry, server: null, threads: 2, processes: 1, virtualenv: venv } as const;
    apps.take([appSettings(directory, { program, user: isRoot ? 'www-data' : null })]);
    await until(() => apps.placeOf('app.example').targets.length === 1);
    const said = await ask(apps.placeOf('app.example').targets[0]);
    assert.equal(said, `from the virtualenv ${withServer ? 'True' : 'False'}`);
  });
}
