import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { PythonServer } from '../../src/model/app.ts';
import { openGate } from '../real/gate.ts';
import { needs } from '../support/parts.ts';
import { appDirectory } from './support.ts';

const app = `
import hashlib
from flask import Flask, request
app = Flask(__name__)
@app.post('/')
def digest():
    return hashlib.sha256(request.get_data()).hexdigest() + '\\n'
@app.get('/')
def lengths():
    return '%d %d\\n' % (len(request.query_string), len(request.headers['X-Long']))
`;

const body = Buffer.alloc(3_000_000, 'sallyport ');
const digest = createHash('sha256').update(body).digest('hex');
const account = process.geteuid?.() === 0 ? { user: 'www-data' } : {};

for (const server of ['gunicorn', 'uwsgi', 'waitress'] satisfies PythonServer[]) {
  test(
    `${server} gets whole what the gate lets pass: bodies in chunks, long addresses and fields`,
    needs('curl', 'flask', server),
    async (t) => {
      const directory = await appDirectory(t, { 'app.py': app });
      const wsgi = { wsgi: 'app:app', home: directory, server, ...account };
      const gate = await openGate(t, { 'app.internal': { app: wsgi } });
      const post = ['--data-binary', '@-', '--header', 'Content-Type: application/octet-stream'];
      for (const more of [[], ['--header', 'Transfer-Encoding: chunked', '--http1.1']]) {
        const { stdout, stderr } = await gate.send('app.internal', '/', body, ...post, ...more);
        assert.equal(stdout, `${digest}\n`, stderr + gate.sallyport.output());
      }
      const { stdout } = await gate.curl(
        'app.internal',
        `/?${'q'.repeat(6000)}`,
        '-H',
        `X-Long: ${'l'.repeat(12_000)}`,
      );
      assert.equal(stdout, '6000 12000\n', gate.sallyport.output());
    },
  );
}
