import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { type NginxUpstream, startNginxUpstream } from '../support/nginx.ts';
import { needs } from '../support/parts.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { sharedScope } from '../support/scope.ts';
import { type Gate, openGate } from './gate.ts';

const parts = needs('nginx', 'curl');
const scope = sharedScope();
const text = 'a line that compresses well\n'.repeat(20_000);
const large = randomBytes(48 * 1024 * 1024);
let nginx: NginxUpstream;
let gate: Gate;

before(async () => {
  if (parts.skip) return;
  const app = await recordingBackend(
    scope,
    () => 'HTTP/1.1 200 OK\r\nX-Accel-Redirect: /private/report.txt\r\nContent-Length: 0\r\n\r\n',
  );
  nginx = await startNginxUpstream(
    scope,
    `
    location = /connection { return 200 $connection; }
    location = /seen { return 200 "$host $http_x_forwarded_proto $server_protocol"; }
    location = /text { gzip on; gzip_types text/plain; gzip_proxied any; try_files /text.txt =404; }
    location /private/ { internal; }
    location = /report { proxy_pass http://127.0.0.1:${app.port}; }
    location = /own { return 302 http://127.0.0.1:$server_port/seen; }
    location = /elsewhere { return 302 https://elsewhere.test/there; }`,
  );
  await mkdir(join(nginx.directory, 'private'));
  await mkdir(join(nginx.directory, 'directory'));
  await writeFile(join(nginx.directory, 'private/report.txt'), 'the report');
  await writeFile(join(nginx.directory, 'text.txt'), text);
  await writeFile(join(nginx.directory, 'large.bin'), large);
  const sites = {
    'nginx.test': nginx.port,
    'prefix.test': { routes: { '/files': { to: nginx.port, stripPrefix: true } } },
  };
  // Each worker keeps connections of its own.
  gate = await openGate(scope, sites, { workers: 1 });
});

test('the Host, the scheme and HTTP/1.1 reach nginx', parts, async () => {
  const { stdout, stderr } = await gate.curl('nginx.test', '/seen');
  assert.equal(stdout, 'nginx.test https HTTP/1.1', stderr);
});

test('requests of different clients share a kept-alive connection', parts, async () => {
  const first = await gate.curl('nginx.test', '/connection');
  const second = await gate.curl('nginx.test', '/connection');
  assert.match(first.stdout, /^\d+$/, first.stderr);
  assert.equal(second.stdout, first.stdout);
});

test('compressed content stays as nginx made it, in chunks', parts, async () => {
  const { stdout, stderr } = await gate.curl(
    'nginx.test',
    '/text',
    '-H',
    'Accept-Encoding: gzip',
    '--http1.1',
    '--compressed',
    '-v',
  );
  assert.equal(stdout, text);
  assert.match(stderr, /^< Content-Encoding: gzip\r?$/m);
  assert.match(stderr, /^< Transfer-Encoding: chunked\r?$/m);
});

test('a large file arrives whole', parts, async () => {
  const file = join(gate.sallyport.directory, 'large.bin');
  const { stdout, stderr } = await gate.curl(
    'nginx.test',
    '/large.bin',
    '-o',
    file,
    '-w',
    '%{size_download} %{http_code}',
  );
  assert.equal(stdout, `${large.length} 200`, stderr);
  assert.equal(digest(await readFile(file)), digest(large));
});

test('a part of a file is a part', parts, async () => {
  const { stdout, stderr } = await gate.curl('nginx.test', '/text.txt', '-r', '2-5', '-w', ' %{http_code}');
  assert.equal(stdout, 'line 206', stderr);
});

test('a file that has not changed is not sent again', parts, async () => {
  const etag = (await gate.curl('nginx.test', '/text.txt', '-I')).stdout.match(/^ETag: (.*?)\r?$/im)?.[1] ?? 'none';
  const { stdout, stderr } = await gate.curl(
    'nginx.test',
    '/text.txt',
    '-H',
    `If-None-Match: ${etag}`,
    '-w',
    '%{http_code} %{size_download}',
  );
  assert.equal(stdout, '304 0', stderr);
});

test('HEAD tells the length and sends nothing', parts, async () => {
  const { stdout, stderr } = await gate.curl('nginx.test', '/large.bin', '-I', '--http1.1');
  assert.match(stdout, new RegExp(`^Content-Length: ${large.length}\\r?$`, 'm'), stderr);
});

test('a file that nginx sends for its app (X-Accel-Redirect) arrives', parts, async () => {
  const { stdout, stderr } = await gate.curl('nginx.test', '/report', '-i');
  assert.match(stdout, /\r\n\r\nthe report$/, stderr);
  assert.doesNotMatch(stdout, /X-Accel/i);
});

for (const [name, path, leadsTo] of [
  ['nginx.test', '/directory', '/directory/'],
  ['prefix.test', '/files/directory', '/files/directory/'],
] as const) {
  test(`nginx's redirect from ${path} keeps the public address`, parts, async () => {
    const { stdout, stderr } = await gate.curl(name, path, '-w', '%{http_code} %{redirect_url}', '-o', '/dev/null');
    assert.equal(stdout, `301 ${gate.url(name, leadsTo)}`, stderr);
  });
}

test("a redirect to nginx's own address leads to the public one", parts, async () => {
  const { stdout, stderr } = await gate.curl('nginx.test', '/own', '-w', '%{redirect_url}', '-o', '/dev/null');
  assert.equal(stdout, gate.url('nginx.test', '/seen'), stderr);
});

test('a redirect to another site stays as it is', parts, async () => {
  const { stdout, stderr } = await gate.curl('nginx.test', '/elsewhere', '-w', '%{redirect_url}', '-o', '/dev/null');
  assert.equal(stdout, 'https://elsewhere.test/there', stderr);
});

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
