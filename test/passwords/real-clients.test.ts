import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startGitServer } from '../support/git-server.ts';
import { needs, requirePart } from '../support/parts.ts';
import { type Finished, runProcess } from '../support/process.ts';
import { startGunicorn } from '../support/python.ts';
import { temporaryDirectory } from '../support/scope.ts';
import { openGuardedGate } from './support.ts';

test('git clones and pushes over HTTPS with a password, and the server learns who pushed', needs('git'), async (t) => {
  const directory = await temporaryDirectory(t);
  const repositories = join(directory, 'repositories');
  await mkdir(repositories);
  const port = await startGitServer(t, repositories);
  const gate = await openGuardedGate(t, `  git.test: { to: ${port}, auth: { basic: USERS } }`);
  const { https } = gate.sallyport;
  const root = join(gate.sallyport.directory, 'state/authority/root.pem');
  const git = (cwd: string, ...args: string[]): Promise<Finished> => {
    const settings = [`http.curloptResolve=git.test:${https}:127.0.0.1`, 'init.defaultBranch=main'];
    const env = {
      ...{
        HOME: directory,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_SSL_CAINFO: root,
        GIT_TERMINAL_PROMPT: '0',
        GIT_ASKPASS: 'false',
      },
      ...{
        GIT_AUTHOR_NAME: 'A',
        GIT_AUTHOR_EMAIL: 'a@a.test',
        GIT_COMMITTER_NAME: 'A',
        GIT_COMMITTER_EMAIL: 'a@a.test',
      },
    };
    return runProcess(requirePart('git'), [...settings.flatMap((setting) => ['-c', setting]), ...args], { cwd, env });
  };
  const done = async (cwd: string, ...args: string[]): Promise<void> => {
    const { code, stderr } = await git(cwd, ...args);
    assert.equal(code, 0, `git ${args.join(' ')}: ${stderr}`);
  };
  await done(repositories, 'init', '--bare', 'work.git');
  const place = (user: string): string => `https://${user}git.test:${https}/work.git`;
  assert.match(
    (await git(directory, 'clone', place(''), 'none')).stderr,
    /could not read Username|unable to read askpass|Authentication failed/,
  );
  assert.match((await git(directory, 'clone', place('alice:wrong@'), 'none')).stderr, /Authentication failed/);
  await done(directory, 'clone', place('alice:secret@'), 'mine');
  const content = Array.from({ length: 20_000 }, (_, line) => `line ${line} ${Math.sin(line)}`).join('\n');
  await writeFile(join(directory, 'mine/file.txt'), content);
  await done(join(directory, 'mine'), 'add', 'file.txt');
  await done(join(directory, 'mine'), 'commit', '-m', 'one');
  await done(join(directory, 'mine'), 'push', 'origin', 'HEAD:main');
  await done(directory, 'clone', place('bob:hunter2@'), 'theirs', '-b', 'main');
  assert.equal(await readFile(join(directory, 'theirs/file.txt'), 'utf8'), content);
});

const flaskApp = `
from flask import Flask, abort, jsonify, request
app = Flask(__name__)

@app.get('/')
def page():
    return 'page'

@app.get('/api/me')
def me():
    if request.headers.get('Authorization') != 'Bearer app-token':
        abort(401)
    return jsonify(user=request.headers.get('X-Remote-User'), cookies=list(request.cookies))
`;

test(
  'a Flask app with bearer tokens of its own works behind the gate',
  needs('flask', 'gunicorn', 'curl'),
  async (t) => {
    const scope = t;
    const app = await startGunicorn(scope, flaskApp, '--workers', '1');
    const sites = `  flask.test: { to: ${app.port}, auth: { basic: USERS } }`;
    const { ask } = await openGuardedGate(scope, sites);
    const bearer = ['-H', 'Authorization: Bearer app-token'];
    assert.equal((await ask('flask.test', '/api/me', ...bearer)).status, 401);
    const { cookie } = await ask('flask.test', '/', '-u', 'alice:secret');
    const { status, text } = await ask('flask.test', '/api/me', '-b', cookie, ...bearer);
    assert.equal(status, 200);
    assert.match(text, /"user":"alice"/);
    assert.match(text, /"cookies":\[\]/);
    const refused = await ask('flask.test', '/api/me', '-b', cookie, '-H', 'Authorization: Bearer other');
    assert.equal(refused.status, 401);
    assert.doesNotMatch(refused.text, /www-authenticate/i);
  },
);
