import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, test } from 'node:test';
import { needs } from '../support/parts.ts';
import { startFlaskRun, startGunicorn } from '../support/python.ts';
import { sharedScope } from '../support/scope.ts';
import { type Gate, openGate } from './gate.ts';

const app = `
import hashlib
from flask import Flask, Response, jsonify, redirect, request, session
app = Flask(__name__)
app.secret_key = 'for a test'

@app.get('/seen')
def seen():
    return jsonify(host=request.host, proto=request.headers.get('X-Forwarded-Proto'),
                   client=request.headers.get('X-Forwarded-For'), url=request.url)

@app.post('/digest')
def digest():
    return jsonify(length=len(request.get_data()), sha256=hashlib.sha256(request.get_data()).hexdigest())

@app.get('/stream')
def stream():
    return Response((f'line {n}\\n' for n in range(1000)), mimetype='text/plain')

@app.get('/moved')
def moved():
    return redirect(f'http://{request.host}/seen')

@app.get('/login')
def login():
    session['user'] = 'ada'
    return redirect('/whoami')

@app.get('/whoami')
def whoami():
    return session.get('user', 'nobody')
`;

const parts = needs('flask', 'gunicorn', 'curl');
const scope = sharedScope();
let gate: Gate;
before(async () => {
  if (parts.skip) return;
  const [gunicorn, development] = await Promise.all([
    startGunicorn(scope, app, '--workers', '1', '--threads', '2'),
    startFlaskRun(scope, app),
  ]);
  gate = await openGate(scope, { 'gunicorn.test': gunicorn.port, 'flask.test': development.port });
});

const body = 'a line of a body that is long enough for several packets\n'.repeat(40_000);
const digest = { length: body.length, sha256: createHash('sha256').update(body).digest('hex') };

// gunicorn takes X-Forwarded-Proto from this machine's own addresses; the development server takes it from nobody.
for (const [name, scheme] of [
  ['gunicorn.test', 'https'],
  ['flask.test', 'http'],
] as const) {
  test(`${name}: the app sees the public name and the client`, parts, async () => {
    const { stdout, stderr } = await gate.curl(name, '/seen', '-H', 'X-Forwarded-For: 192.0.2.1');
    const host = `${name}:${gate.sallyport.https}`;
    const seen: unknown = JSON.parse(stdout || JSON.stringify(stderr));
    assert.deepEqual(seen, { client: '127.0.0.1', host, proto: 'https', url: `${scheme}://${host}/seen` });
  });

  test(`${name}: a large upload arrives whole, after 100 Continue`, parts, async () => {
    const upload = ['--data-binary', '@-', '-H', 'Expect: 100-continue', '-v', '--http1.1'];
    const { stdout, stderr } = await gate.send(name, '/digest', body, ...upload);
    assert.deepEqual(JSON.parse(stdout || '{}'), digest, stderr);
    assert.match(stderr, /< HTTP\/1\.1 100 Continue/);
  });

  test(`${name}: an upload of unknown length arrives whole`, parts, async () => {
    const upload = ['--data-binary', '@-', '-H', 'Transfer-Encoding: chunked'];
    const { stdout, stderr } = await gate.send(name, '/digest', body, ...upload);
    assert.deepEqual(JSON.parse(stdout || '{}'), digest, stderr);
  });

  test(`${name}: a streamed response ends where it ends`, parts, async () => {
    const { stdout, stderr } = await gate.curl(name, '/stream');
    assert.equal(stdout.split('\n').length, 1001, stderr);
    assert.match(stdout, /line 999\n$/);
  });

  test(`${name}: a redirect to the app's own idea of its address leads back to HTTPS`, parts, async () => {
    const { stdout, stderr } = await gate.curl(name, '/moved', '-o', '/dev/null', '-w', '%{redirect_url}');
    assert.equal(stdout, gate.url(name, '/seen'), stderr);
  });

  test(`${name}: a login survives the redirect behind it`, parts, async () => {
    const { stdout, stderr } = await gate.curl(name, '/login', '-L', '-b', '');
    assert.equal(stdout, 'ada', stderr);
  });
}
