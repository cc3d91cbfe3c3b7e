import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openGate } from '../real/gate.ts';
import { makeCertificate } from '../support/certificates.ts';
import { untilListening } from '../support/listening.ts';
import { requirePart } from '../support/parts.ts';
import { onFreePort } from '../support/ports.ts';
import { startProcess } from '../support/process.ts';
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

test('trailers behind a body of known length reach a client that speaks HTTP/2; HTTP/1.1 has no place for them', async () => {
  const modern = await gate.curl('plain.test', '/small.txt', '-s', '--http2', '-D', '-');
  assert.match(modern.stdout, /^x-sum: 42/m);
  const old = await gate.curl('plain.test', '/small.txt', '-s', '--http1.1', '-D', '-');
  assert.doesNotMatch(old.stdout, /^x-sum/m);
});
