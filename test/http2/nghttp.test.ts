import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { listen } from './gate.ts';

const run = promisify(execFile);
const missing = (tool: string): string | false =>
  existsSync(`/usr/bin/${tool}`) || process.env.CI ? false : `${tool} is not installed`;

const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

async function serve(size: number): Promise<{ url: string; failures: readonly unknown[] }> {
  const body = Buffer.alloc(size, 'x');
  const gate = await listen((exchange) => exchange.send(200, [['Content-Length', `${size}`]], body));
  closers.push(gate.close);
  return { url: `http://127.0.0.1:${gate.port}/`, failures: gate.happenings.failures };
}

test('h2load: 20,000 small requests over 4 connections of 32 streams, none lost, none refused', {
  skip: missing('h2load'),
}, async () => {
  const { url, failures } = await serve(102);
  const { stdout } = await run('h2load', ['-n', '20000', '-c', '4', '-m', '32', url]);
  assert.match(stdout, /20000 succeeded, 0 failed, 0 errored, 0 timeout/);
  assert.deepEqual(failures, []);
});

test('h2load: megabytes through small windows', { skip: missing('h2load') }, async () => {
  const { url, failures } = await serve(1_000_000);
  const { stdout } = await run('h2load', ['-n', '100', '-c', '2', '-m', '10', '-w', '16', '-W', '17', url]);
  assert.match(stdout, /100 succeeded, 0 failed, 0 errored, 0 timeout/);
  assert.deepEqual(failures, []);
});

test('nghttp: padding, priorities and CONTINUATION of a client that uses everything', {
  skip: missing('nghttp'),
}, async () => {
  const { url, failures } = await serve(5);
  const { stdout } = await run('nghttp', ['-nv', '--continuation', '--padding=200', '-H', 'x: y', '-m', '3', url]);
  assert.equal(stdout.match(/recv \(stream_id=\d+\) :status: 200/g)?.length, 3);
  assert.match(stdout, /SETTINGS_ENABLE_CONNECT_PROTOCOL\(0x08\):1/);
  assert.deepEqual(failures, []);
});

test('curl: an upload and its answer', { skip: missing('curl') }, async () => {
  const { url } = await serve(70_000);
  const { stdout } = await run('curl', [
    '-sS',
    '--http2-prior-knowledge',
    '--data',
    'abc',
    '-o',
    '/dev/null',
    '-w',
    '%{http_version} %{http_code} %{size_download}',
    url,
  ]);
  assert.equal(stdout, '2 200 70000');
});
