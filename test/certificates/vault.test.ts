import assert from 'node:assert/strict';
import { readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAuthority } from '../../src/control/certificates/authority/authority.ts';
import { type Disk, systemDisk } from '../../src/control/certificates/vault/disk.ts';
import { openVault } from '../../src/control/certificates/vault/vault.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { CertificatePair } from '../../src/model/site.ts';
import { cutAfter, refusing } from '../support/failing-disk.ts';
import { memoryLog } from '../support/memory-log.ts';
import { scratchDirectory } from '../support/scratch.ts';

const name = '*.example.org';
const meta = { names: [name], issuer: 'https://ca.example/directory', facts: { order: 'https://ca.example/o/1' } };

function vaultIn(directory: string, disk: Disk = systemDisk, log = memoryLog()) {
  return openVault({ directory, clock: systemClock, log, disk });
}

/** Pairs that differ. */
async function pairs(directory: string, count: number): Promise<CertificatePair[]> {
  const authority = await openAuthority({ directory, clock: systemClock, log: memoryLog() });
  return await Promise.all(Array.from({ length: count }, () => authority.issue({ names: [name] })));
}

test('what is stored is read back whole; key, chain and facts belong together', async (context) => {
  const directory = await scratchDirectory(context);
  const [first, second] = await pairs(join(directory, 'authority'), 2);
  const vault = vaultIn(join(directory, 'certificates'));
  assert.equal(await vault.read(name), null);
  await vault.write(name, first!, meta);
  await vault.write(name, second!, meta);
  const stored = await vaultIn(join(directory, 'certificates')).read(name);
  assert.deepEqual(stored?.pair, second);
  assert.deepEqual(stored?.meta, meta);
  assert.equal(stored?.generation, 2);
  assert.deepEqual(await vault.names(), [name]);
  const home = join(directory, 'certificates', '_.example.org');
  assert.equal(await readlink(join(home, 'current')), '00000002');
  assert.equal((await stat(join(home, 'current', 'key.pem'))).mode & 0o777, 0o600);
  await assert.rejects(vault.write(name, { chain: first!.chain, key: second!.key }, meta), /does not belong/);
  await vault.remove(name);
  assert.deepEqual(await vault.names(), []);
});

test('two earlier generations are kept', async (context) => {
  const directory = await scratchDirectory(context);
  const vault = vaultIn(join(directory, 'certificates'));
  for (const pair of await pairs(join(directory, 'authority'), 5)) await vault.write(name, pair, meta);
  const entries = await readdir(join(directory, 'certificates', '_.example.org'));
  assert.deepEqual(entries.sort(), ['00000003', '00000004', '00000005', 'current']);
});

test('a power cut after any step leaves the old generation or the new one', async (context) => {
  const directory = await scratchDirectory(context);
  const [first, second, third] = await pairs(join(directory, 'authority'), 3);
  const outcomes: string[] = [];
  for (let steps = 0; ; steps++) {
    const home = join(directory, `run-${steps}`);
    await vaultIn(home).write(name, first!, meta);
    const disk = cutAfter(steps);
    const finished = await vaultIn(home, disk)
      .write(name, second!, meta)
      .then(
        () => true,
        () => false,
      );
    const log = memoryLog();
    const stored = await vaultIn(home, systemDisk, log).read(name);
    const isNew = stored?.pair.key === second!.key;
    assert.deepEqual(stored?.pair, isNew ? second : first, `after ${steps} steps`);
    if (finished) assert.ok(isNew, `what was reported as stored is there, cut after ${steps} steps`);
    outcomes.push(isNew ? 'new' : 'old');
    assert.equal(await readlink(join(home, '_.example.org', 'current')), isNew ? '00000002' : '00000001');
    assert.deepEqual(log.of('error'), [], 'an interrupted write is no damage');
    await vaultIn(home).write(name, third!, meta);
    const entries = await readdir(join(home, '_.example.org'));
    assert.deepEqual(
      entries.filter((entry) => entry.startsWith('.')),
      [],
      'the next write sweeps',
    );
    if (!disk.isCut) break;
  }
  assert.ok(outcomes.length > 8);
  assert.deepEqual([...outcomes].sort().reverse(), outcomes, 'once new, it stays new');
});

test('a damaged generation is set aside and named, and the one before it counts', async (context) => {
  const directory = await scratchDirectory(context);
  const [first, second, third] = await pairs(join(directory, 'authority'), 3);
  const home = join(directory, 'certificates');
  const log = memoryLog();
  const vault = vaultIn(home, systemDisk, log);
  await vault.write(name, first!, meta);
  await vault.write(name, second!, meta);
  const path = join(home, '_.example.org', '00000002', 'chain.pem');
  await writeFile(path, (await readFile(path, 'utf8')).replace('M', 'N'));
  assert.deepEqual((await vault.read(name))?.pair, first);
  assert.equal(log.of('error').length, 1);
  assert.match(log.of('error')[0] ?? '', /set aside .*chain\.pem.*_\.example\.org\/damaged-00000002-/);
  assert.equal((await vault.write(name, third!, meta)).generation, 3);
  assert.deepEqual((await vault.read(name))?.pair, third);
});

test('when nothing sound is left, that is an error and not an absent certificate', async (context) => {
  const directory = await scratchDirectory(context);
  const [first] = await pairs(join(directory, 'authority'), 1);
  const home = join(directory, 'certificates');
  await vaultIn(home).write(name, first!, meta);
  await writeFile(join(home, '_.example.org', '00000001', 'meta.json'), '{"version":1}');
  for (let time = 0; time < 2; time++) {
    await assert.rejects(vaultIn(home).read(name), { code: 'certificate-damaged', cure: /backup/ });
  }
});

test('a failing disk is told from damage', async (context) => {
  const directory = await scratchDirectory(context);
  const [first] = await pairs(join(directory, 'authority'), 1);
  const home = join(directory, 'certificates');
  await vaultIn(home).write(name, first!, meta);
  const read = async () => {
    throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
  };
  await assert.rejects(vaultIn(home, { ...systemDisk, read }).read(name), { code: 'EIO' });
  assert.deepEqual((await vaultIn(home).read(name))?.pair, first);
});

test('the write test tells why nothing can be stored', async (context) => {
  const directory = join(await scratchDirectory(context), 'certificates');
  await vaultIn(directory).assertWritable();
  assert.deepEqual(await readdir(directory), []);
  const expected: Record<string, RegExp> = { ENOSPC: /disk is full/, EROFS: /read-only/, EACCES: /permission denied/ };
  for (const [code, message] of Object.entries(expected)) {
    await assert.rejects(vaultIn(directory, refusing(code)).assertWritable(), { code: 'state-not-writable', message });
  }
});
