import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAuthority } from '../../src/control/certificates/authority/authority.ts';
import { mintLeaf, readSigner } from '../../src/control/certificates/authority/profile.ts';
import { readKey, writeChain } from '../../src/control/certificates/x509/chain.ts';
import type { SubjectName } from '../../src/control/certificates/x509/names.ts';
import { systemClock } from '../../src/model/clock.ts';
import { command } from '../support/command.ts';
import { memoryLog } from '../support/memory-log.ts';
import { scratchDirectory } from '../support/scratch.ts';

/** What openssl says to a leaf that a thief signs with the stolen intermediate. */
async function stolen(directory: string, name: SubjectName): Promise<string> {
  const home = join(directory, 'authority', 'intermediates', 'intermediate', 'current');
  const intermediate = await readFile(join(home, 'chain.pem'), 'utf8');
  const signer = await readSigner(intermediate, readKey(await readFile(join(home, 'key.pem'), 'utf8')));
  const leaf = await mintLeaf([name], signer, { notBefore: Date.now() - 60_000, notAfter: Date.now() + 86_400_000 });
  const chain = join(directory, 'stolen.pem');
  await writeFile(chain, writeChain([leaf.certificate, intermediate]));
  const root = join(directory, 'authority', 'root.pem');
  return (await command('openssl', ['verify', '-CAfile', root, '-untrusted', chain, chain])).output;
}

test('a stolen CA with limits can fake nothing outside of them', async (context) => {
  const directory = await scratchDirectory(context);
  const limits = { dns: ['internal', 'home.example.org'], networks: ['10.0.0.0/8', 'fd00::/8'] };
  await openAuthority({ directory: join(directory, 'authority'), clock: systemClock, log: memoryLog(), limits });
  for (const value of ['app.internal', 'home.example.org', 'x.home.example.org']) {
    assert.match(await stolen(directory, { type: 'dns', value }), /: OK/, value);
  }
  for (const value of ['bank.example', 'example.org', 'evilhome.example.org']) {
    assert.match(await stolen(directory, { type: 'dns', value }), /permitted subtree violation/, value);
  }
  for (const value of ['10.1.2.3', 'fd00::7'])
    assert.match(await stolen(directory, { type: 'ip', value }), /: OK/, value);
  for (const value of ['192.168.1.1', '2001:db8::1']) {
    assert.match(await stolen(directory, { type: 'ip', value }), /permitted subtree violation/, value);
  }
});

test('limits to names alone forbid every address, and the other way round', async (context) => {
  const directory = await scratchDirectory(context);
  const open = (limits: { dns: string[]; networks: string[] }) =>
    openAuthority({ directory: join(directory, 'authority'), clock: systemClock, log: memoryLog(), limits });
  await open({ dns: ['internal'], networks: [] });
  assert.match(await stolen(directory, { type: 'ip', value: '10.1.2.3' }), /excluded subtree violation/);
  assert.match(await stolen(directory, { type: 'ip', value: 'fd00::1' }), /excluded subtree violation/);
  const other = join(directory, 'other');
  await openAuthority({
    directory: join(other, 'authority'),
    clock: systemClock,
    log: memoryLog(),
    limits: { dns: [], networks: ['10.0.0.0/8'] },
  });
  assert.match(await stolen(other, { type: 'dns', value: 'app.internal' }), /excluded subtree violation/);
});

test('names outside of the limits are refused before they are signed; the limits stay with the root', async (context) => {
  const directory = join(await scratchDirectory(context), 'authority');
  const common = { directory, clock: systemClock };
  await openAuthority({ ...common, log: memoryLog(), limits: { dns: ['internal'], networks: ['10.0.0.0/8'] } });
  const log = memoryLog();
  const authority = await openAuthority({ ...common, log, limits: { dns: ['example.org'], networks: [] } });
  assert.match(log.of('warn').join(), /keeps the name limits/);
  await assert.rejects(authority.leafFor(['www.example.org']), { code: 'name-not-permitted' });
  await assert.rejects(authority.leafFor(['app.internal', '11.0.0.1']), {
    code: 'name-not-permitted',
    message: /11\.0\.0\.1/,
  });
  const { chain } = await authority.leafFor(['*.app.internal', '10.9.8.7']);
  assert.ok(new X509Certificate(chain).checkIP('10.9.8.7'));
});

test('limits that are no domains or networks are refused by name', async (context) => {
  const directory = await scratchDirectory(context);
  const open = (dns: string[], networks: string[]) =>
    openAuthority({ directory, clock: systemClock, log: memoryLog(), limits: { dns, networks } });
  await assert.rejects(open(['*.internal'], []), { code: 'limit-invalid', message: /"\*\.internal"/, cure: /domain/ });
  await assert.rejects(open([], ['10.0.0.0']), { code: 'limit-invalid', message: /"10\.0\.0\.0"/, cure: /network/ });
  await assert.rejects(open([], ['10.0.0.0/33']), { code: 'limit-invalid' });
  await assert.rejects(open([], []), { code: 'limit-invalid' });
});
