import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCurl } from '../support/clients.ts';
import { needs } from '../support/parts.ts';
import { startFlaskRun, startGunicorn } from '../support/python.ts';
import { startGate } from './gate.ts';

const source = `
from flask import Flask, redirect, request
app = Flask(__name__)

@app.post('/echo')
def echo():
    return request.get_data()

@app.get('/away')
def away():
    return redirect('http://' + request.host + '/here')

@app.get('/stream')
def stream():
    return app.response_class((f'{n}\\n' for n in range(1000)), mimetype='text/plain')
`;

for (const [name, start] of [
  ['gunicorn', startGunicorn],
  ['flask', startFlaskRun],
] as const) {
  test(`a Flask app under ${name}: bodies, streams and redirects`, needs('flask', name, 'curl'), async (t) => {
    const app = await start(t, source);
    const gate = await startGate(t, app.port);
    const origin = `https://${gate.name}:${gate.port}`;
    const args = ['--cacert', gate.certificate.rootFile, '--resolve', `${gate.name}:${gate.port}:127.0.0.1`];
    const said = (): string => app.output() + gate.sallyport.output();

    const body = 'x'.repeat(1_000_000);
    const echoed = await runCurl([...args, '--data-binary', '@-', `${origin}/echo`], { input: body });
    assert.ok(echoed.stdout === body, echoed.stderr + said());
    const chunked = ['-H', 'Transfer-Encoding: chunked', '--data-binary', '@-', `${origin}/echo`];
    if (name === 'gunicorn') {
      assert.ok((await runCurl([...args, ...chunked], { input: body })).stdout === body, said());
    }
    const stream = await runCurl([...args, `${origin}/stream`]);
    assert.equal(stream.stdout.trimEnd().split('\n').length, 1000, said());
    const away = await runCurl([...args, '-o', '/dev/null', '-w', '%{http_code} %{redirect_url}', `${origin}/away`]);
    assert.equal(away.stdout, `302 ${origin}/here`, said());
  });
}
