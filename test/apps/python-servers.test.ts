import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PythonServer } from '../../src/model/app.ts';
import { needs } from '../support/parts.ts';
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
