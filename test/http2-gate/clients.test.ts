import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCurl } from '../support/clients.ts';
import { needs, requirePart } from '../support/parts.ts';
import { runProcess } from '../support/process.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { countersOf } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope, async ({ body }) => {
  const length = (await body).length;
  const text = `${length} bytes`;
  return `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
});
const sallyport = await startSallyport(
  scope,
  `listen: { http: false, https: "127.0.0.1:0" }\nlogs: { access: access.log }\nsites:\n  localhost: ${backend.port}\n`,
);
const url = `https://localhost:${sallyport.https}/`;

test('curl --http2: a page and an upload', needs('curl'), async () => {
  const root = join(sallyport.directory, 'state/authority/root.pem');
  const { stdout, stderr } = await runCurl(
    [
      '--http2',
      '--cacert',
      root,
      '-w',
      ' %{http_version}\n',
      url,
      '--next',
      '--silent',
      '--http2',
      '--cacert',
      root,
    ].concat(['-w', ' %{http_version}\n', '--data-binary', '@-', `${url}up`]),
    { input: Buffer.alloc(300_000, 'x') },
  );
  assert.equal(stdout, '0 bytes 2\n300000 bytes 2\n', stderr);
});

test(
  'h2load: twenty thousand requests of an honest fast client, none lost, no budget touched',
  needs('h2load'),
  async () => {
    const before = await countersOf(sallyport);
    const { stdout } = await runProcess(requirePart('h2load'), ['-n', '20000', '-c', '8', '-m', '50', url]);
    assert.match(stdout, /20000 succeeded, 0 failed, 0 errored, 0 timeout/);
    const after = await countersOf(sallyport);
    assert.deepEqual(after.http2, before.http2);
    assert.ok(after.requests - before.requests >= 20_000);
  },
);

test(
  'nghttp: an upload in padded frames, CONTINUATION and trailers, and a page sixteen times at once',
  needs('nghttp'),
  async () => {
    const file = join(sallyport.directory, 'upload');
    await writeFile(file, Buffer.alloc(200_000, 'x'));
    const nghttp = (...args: string[]) => runProcess(requirePart('nghttp'), ['-y', ...args, url]);
    const upload = await nghttp('-v', '--continuation', '--padding=200', '--trailer=x-sum: 7', `--data=${file}`);
    assert.match(upload.stdout, /recv \(stream_id=\d+\) :status: 200/);
    assert.match(upload.stdout, /200000 bytes/);
    const { body, head } = backend.requests.at(-1)!;
    // It names the length, so the app is sent no chunks, and trailers have no place.
    assert.match(head, /\r\ncontent-length: 200000\r\n/);
    assert.equal((await body).length, 200_000);
    const pages = await nghttp('-nv', '--multiply=16', '--header=x: y');
    assert.equal(pages.stdout.match(/recv \(stream_id=\d+\) :status: 200/g)?.length, 16);
  },
);

test('the access log says HTTP/2.0', needs('curl'), async () => {
  await runCurl(['--http2', '--insecure', '--user-agent', 'me', `${url}logged`]);
  for (let turn = 0; turn < 100; turn++) {
    const text = await readFile(join(sallyport.directory, 'access.log'), 'utf8').catch(() => '');
    const line = text.split('\n').find((one) => one.includes('/logged'));
    if (line !== undefined) return assert.match(line, /"GET \/logged HTTP\/2\.0" 200 7 "-" "me"$/);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail('no line in the access log');
});
