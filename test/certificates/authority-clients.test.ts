import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Authority, openAuthority } from '../../src/control/certificates/authority/authority.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { CertificatePair } from '../../src/model/site.ts';
import { command } from '../support/command.ts';
import { memoryLog } from '../support/memory-log.ts';
import { scratchDirectory } from '../support/scratch.ts';

/** Real clients, each as: may it talk to `name` when it trusts `root`? True when the answer came. */
const clients: Record<string, (name: string, port: number, root: string) => Promise<boolean>> = {
  async curl(name, port, root) {
    const args = [
      '-sS',
      '--max-time',
      '10',
      '--cacert',
      root,
      '--connect-to',
      `::127.0.0.1:${port}`,
      `https://${name}:${port}/`,
    ];
    return (await command('curl', args)).stdout === 'through';
  },
  async python(name, port, root) {
    const program = `import socket, ssl, sys
name, port, root = sys.argv[1:]
context = ssl.create_default_context(cafile=root)
with context.wrap_socket(socket.create_connection(("127.0.0.1", int(port)), 10), server_hostname=name) as s:
    s.sendall(b"GET / HTTP/1.0\\r\\nHost: x\\r\\n\\r\\n")
    print(s.makefile("rb").read().decode())`;
    return (await command('python3', ['-c', program, name, String(port), root])).stdout.includes('through');
  },
  async openssl(name, port, root) {
    const verify = ['-verify_return_error', '-verify_hostname', name, '-CAfile', root];
    const args = ['s_client', '-quiet', '-connect', `127.0.0.1:${port}`, '-servername', name, ...verify];
    return (await command('openssl', args, 'GET / HTTP/1.0\r\nHost: x\r\n\r\n')).stdout.includes('through');
  },
};

async function serve(context: TestContext, pair: CertificatePair): Promise<number> {
  const server = createServer({ cert: pair.chain, key: pair.key }, (_, response) => response.end('through'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

async function open(context: TestContext): Promise<{ authority: Authority; directory: string }> {
  const directory = await scratchDirectory(context);
  const authority = await openAuthority({
    directory: join(directory, 'authority'),
    clock: systemClock,
    log: memoryLog(),
  });
  return { authority, directory };
}

test('real clients that trust the root get through, under the right name only', async (context) => {
  const { authority, directory } = await open(context);
  const stranger = await openAuthority({ directory: join(directory, 'other'), clock: systemClock, log: memoryLog() });
  const port = await serve(context, await authority.leafFor(['app.internal', '*.apps.internal']));
  for (const [client, reaches] of Object.entries(clients)) {
    await context.test(client, async () => {
      assert.equal(await reaches('app.internal', port, authority.rootPath), true, 'the right name');
      assert.equal(await reaches('one.apps.internal', port, authority.rootPath), true, 'a name under the wildcard');
      assert.equal(
        await reaches('two.one.apps.internal', port, authority.rootPath),
        false,
        'two labels under the wildcard',
      );
      assert.equal(await reaches('other.internal', port, authority.rootPath), false, 'another name');
      assert.equal(await reaches('app.internal', port, stranger.rootPath), false, 'another root');
    });
  }
});

test('an address in the certificate is enough for curl', async (context) => {
  const { authority } = await open(context);
  const port = await serve(context, await authority.leafFor(['127.0.0.1']));
  const result = await command('curl', ['-sS', '--cacert', authority.rootPath, `https://127.0.0.1:${port}/`]);
  assert.equal(result.stdout, 'through', result.output);
});

test('the DER form is the same root', async (context) => {
  const { authority, directory } = await open(context);
  await writeFile(join(directory, 'der.cer'), await authority.rootDer());
  const result = await command('openssl', [
    'x509',
    '-inform',
    'der',
    '-in',
    join(directory, 'der.cer'),
    '-outform',
    'pem',
  ]);
  assert.equal(result.stdout, await authority.rootPem());
});
