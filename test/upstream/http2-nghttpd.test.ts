import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { join } from 'node:path';
import { test } from 'node:test';
import { openGate } from '../real/gate.ts';
import { makeCertificate } from '../support/certificates.ts';
import { untilListening } from '../support/listening.ts';
import { requirePart } from '../support/parts.ts';
import { onFreePort } from '../support/ports.ts';
import { runProcess, startProcess } from '../support/process.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';

const scope = sharedScope();
const directory = await temporaryDirectory(scope);
const { certificateFile, keyFile, rootFile } = await makeCertificate(directory, ['app.test']);
const content = Buffer.alloc(3_000_000, 'abcdefg');
await writeFile(join(directory, 'small.txt'), 'small\n');
await writeFile(join(directory, 'large.bin'), content);

/** A real HTTP/2 server of files; `more` is its key and certificate, or the switch for none. */
function nghttpd(switches: readonly string[], more: readonly string[] = []): Promise<number> {
  return onFreePort(async (port) => {
    const common = ['-a', '127.0.0.1', '-d', directory, '--trailer', 'x-sum: 42'];
    const program = startProcess(requirePart('nghttpd'), [...common, ...switches, String(port), ...more]);
    scope.after(async () => void (await program.stop()));
    await untilListening(port, program);
    return port;
  });
}

const plain = await nghttpd(['--no-tls']);
const secure = await nghttpd([], [keyFile, certificateFile]);
const gate = await openGate(scope, {
  'plain.test': { tls: 'internal', to: `h2c://127.0.0.1:${plain}` },
  'secure.test': { tls: 'internal', to: { url: `h2://127.0.0.1:${secure}`, caFile: rootFile, serverName: 'app.test' } },
});

for (const name of ['plain.test', 'secure.test']) {
  for (const version of ['--http1.1', '--http2']) {
    test(`nghttpd behind ${name}, curl ${version}: a small file, a large one, one that is not there`, async () => {
      const small = await gate.curl(name, '/small.txt', '-s', version);
      assert.equal(small.stdout, 'small\n');
      const file = join(directory, `got-${name}${version}`);
      const large = await gate.curl(
        name,
        '/large.bin',
        '-s',
        version,
        '-o',
        file,
        '-w',
        '%{http_code} %{size_download}',
      );
      assert.equal(large.stdout, `200 ${content.length}`);
      assert.match((await gate.curl(name, '/nothing', '-s', version, '-w', '%{http_code}')).stdout, /404$/);
    });
  }
}

test('trailers behind a body of known length reach a client that speaks HTTP/2', async () => {
  const session = connect(`https://127.0.0.1:${gate.sallyport.https}`, {
    ca: await readFile(gate.rootFile),
    servername: 'plain.test',
  });
  scope.after(() => session.destroy());
  const stream = session.request({ ':path': '/small.txt', ':authority': 'plain.test' });
  const trailers = once(stream, 'trailers') as Promise<[IncomingHttpHeaders]>;
  stream.resume();
  assert.equal((await trailers)[0]['x-sum'], '42');
});

test('h2load: 10,000 requests over 4 connections of 32 streams, none lost', async () => {
  const place = `127.0.0.1:${gate.sallyport.https}`;
  const args = ['-n', '10000', '-c', '4', '-m', '32', `--connect-to=${place}`, gate.url('plain.test', '/small.txt')];
  const { stdout } = await runProcess(requirePart('h2load'), args);
  assert.match(stdout, /10000 succeeded, 0 failed, 0 errored, 0 timeout/);
  assert.match(stdout, /10000 2xx/);
});
