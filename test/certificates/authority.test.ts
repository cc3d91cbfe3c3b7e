import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAuthority } from '../../src/control/certificates/authority/authority.ts';
import { readChain, writeChain } from '../../src/control/certificates/x509/chain.ts';
import { systemClock } from '../../src/model/clock.ts';
import { command } from '../support/command.ts';
import { manualClock } from '../support/manual-clock.ts';
import { memoryLog } from '../support/memory-log.ts';
import { scratchDirectory } from '../support/scratch.ts';

const day = 86_400_000;
const names = ['app.internal', '*.app.internal', '127.0.0.1', '::1'];

test('openssl accepts the chain under its strictest rules', async (context) => {
  const directory = await scratchDirectory(context);
  const authority = await openAuthority({
    directory: join(directory, 'authority'),
    clock: systemClock,
    log: memoryLog(),
  });
  const pair = await authority.leafFor(names);
  const chain = join(directory, 'chain.pem');
  await writeFile(chain, pair.chain);
  for (const check of [
    ['-verify_hostname', 'app.internal'],
    ['-verify_hostname', 'x.app.internal'],
    ['-verify_ip', '::1'],
  ]) {
    const args = ['verify', '-x509_strict', '-purpose', 'sslserver', ...check, '-CAfile', authority.rootPath];
    const result = await command('openssl', [...args, '-untrusted', chain, chain]);
    assert.equal(result.code, 0, result.output);
  }
});

test('the profile is what phones and browsers ask for', async (context) => {
  const directory = await scratchDirectory(context);
  const authority = await openAuthority({ directory, clock: systemClock, log: memoryLog(), host: 'gate' });
  const [leaf, intermediate, ...rest] = readChain((await authority.leafFor(names)).chain);
  const root = new X509Certificate(await authority.rootPem());
  assert.equal(rest.length, 0);
  const lines = async (pem: X509Certificate) =>
    (await command('openssl', ['x509', '-noout', '-text'], pem.toString())).stdout;
  const leafText = await lines(leaf!);
  assert.match(leafText, /Extended Key Usage:\s+TLS Web Server Authentication\n/);
  assert.match(leafText, /Key Usage: critical\s+Digital Signature\n/);
  assert.match(
    leafText,
    /DNS:app\.internal, DNS:\*\.app\.internal, IP Address:127\.0\.0\.1, IP Address:0:0:0:0:0:0:0:1/,
  );
  assert.match(leafText, /Authority Key Identifier/);
  assert.match(leafText, /CA:FALSE/);
  assert.match(await lines(intermediate!), /Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
  assert.match(await lines(root), /Basic Constraints: critical\s+CA:TRUE\n/);
  assert.match(root.subject, /^CN=Sallyport gate Root \d{4}-\d\d-\d\d$/);
  const days = (each: X509Certificate) => (each.validToDate.getTime() - each.validFromDate.getTime()) / day;
  assert.ok(days(leaf!) <= 90 && days(leaf!) > 89);
  assert.equal(days(root), 3650);
  assert.ok(leaf!.validFromDate.getTime() < Date.now() - 60_000, 'backdated for clocks that are behind');
  const serials = [leaf!, intermediate!, root].map((each) => each.serialNumber);
  assert.equal(new Set(serials).size, 3);
  for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/);
});

test('keys are for their owner alone, the root for everybody', async (context) => {
  const directory = join(await scratchDirectory(context), 'state', 'authority');
  const authority = await openAuthority({ directory, clock: systemClock, log: memoryLog() });
  await authority.leafFor(names);
  let keys = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (path.includes('/current')) continue;
    const mode = (await stat(path)).mode & 0o777;
    if (path === authority.rootPath) assert.equal(mode, 0o644);
    else assert.equal(mode, entry.isFile() ? 0o600 : 0o700, path);
    if (entry.name === 'key.pem') keys++;
  }
  assert.equal(keys, 3);
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
});

test('root and leaf are made once; a leaf is renewed after two thirds of its life', async (context) => {
  const directory = await scratchDirectory(context);
  const clock = manualClock(Date.now());
  const open = () => openAuthority({ directory, clock, log: memoryLog() });
  const first = await open();
  const pair = await first.leafFor(['app.internal', 'www.app.internal']);
  const again = await open();
  assert.equal(await again.rootPem(), await first.rootPem());
  assert.deepEqual(await again.leafFor(['app.internal']), pair);
  clock.set(clock.now() + 59 * day);
  assert.deepEqual(await again.leafFor(['app.internal']), pair);
  clock.set(clock.now() + day);
  const renewed = await again.leafFor(['app.internal']);
  assert.notEqual(renewed.chain, pair.chain);
  assert.notEqual(renewed.key, pair.key);
  assert.deepEqual(await first.leafFor(['app.internal']), renewed, 'another process takes it up');
});

test('a new name makes a new leaf', async (context) => {
  const authority = await openAuthority({
    directory: await scratchDirectory(context),
    clock: systemClock,
    log: memoryLog(),
  });
  await authority.leafFor(['app.internal']);
  const pair = await authority.leafFor(['app.internal', '10.0.0.7']);
  assert.equal(new X509Certificate(pair.chain).checkIP('10.0.0.7'), '10.0.0.7');
});

test('a name of more than 64 characters goes into the SAN alone', async (context) => {
  const directory = await scratchDirectory(context);
  const authority = await openAuthority({ directory: join(directory, 'ca'), clock: systemClock, log: memoryLog() });
  const long = `${'a'.repeat(40)}.${'b'.repeat(40)}.internal`;
  const chain = join(directory, 'chain.pem');
  await writeFile(chain, (await authority.leafFor([long])).chain);
  const args = [
    'verify',
    '-x509_strict',
    '-verify_hostname',
    long,
    '-CAfile',
    authority.rootPath,
    '-untrusted',
    chain,
    chain,
  ];
  const result = await command('openssl', args);
  assert.equal(result.code, 0, result.output);
});

test('certificates for other machines: up to 825 days, nothing stored', async (context) => {
  const directory = await scratchDirectory(context);
  const authority = await openAuthority({ directory, clock: systemClock, log: memoryLog() });
  const pair = await authority.issue({ names: ['printer.internal'], days: 825 });
  const leaf = new X509Certificate(pair.chain);
  assert.equal((leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / day, 825);
  assert.equal(leaf.checkHost('printer.internal'), 'printer.internal');
  assert.deepEqual(await readdir(join(directory, 'leaves')).catch(() => []), []);
  await assert.rejects(authority.issue({ names: ['printer.internal'], days: 826 }), { code: 'lifetime-invalid' });
  await assert.rejects(authority.issue({ names: ['no name'] }), { code: 'name-invalid', message: /"no name"/ });
});

test('the Apple profile carries the root', async (context) => {
  const authority = await openAuthority({
    directory: await scratchDirectory(context),
    clock: systemClock,
    log: memoryLog(),
  });
  const profile = await authority.mobileconfig();
  const read = `import sys, plistlib, base64
p = plistlib.loads(sys.stdin.buffer.read())
c = p["PayloadContent"][0]
print(p["PayloadType"], c["PayloadType"], base64.b64encode(c["PayloadContent"]).decode())`;
  const result = await command('python3', ['-c', read], profile);
  assert.equal(
    result.stdout.trim(),
    `Configuration com.apple.security.root ${(await authority.rootDer()).toString('base64')}`,
  );
  assert.equal(await authority.mobileconfig(), profile, 'the same profile again replaces itself on the phone');
});

test('root.pem is one certificate and follows the root', async (context) => {
  const authority = await openAuthority({
    directory: await scratchDirectory(context),
    clock: systemClock,
    log: memoryLog(),
  });
  const text = await readFile(authority.rootPath, 'utf8');
  assert.equal(text, await authority.rootPem());
  assert.equal(text, writeChain(readChain(text)));
  assert.equal(readChain(text).length, 1);
});
