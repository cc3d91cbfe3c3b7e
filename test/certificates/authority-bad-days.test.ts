import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAuthority } from '../../src/control/certificates/authority/authority.ts';
import type { Disk } from '../../src/control/certificates/vault/disk.ts';
import { systemDisk } from '../../src/control/certificates/vault/disk.ts';
import { systemClock } from '../../src/model/clock.ts';
import { command } from '../support/command.ts';
import { cutAfter, refusing } from '../support/failing-disk.ts';
import { manualClock } from '../support/manual-clock.ts';
import { memoryLog } from '../support/memory-log.ts';
import { scratchDirectory } from '../support/scratch.ts';

const day = 86_400_000;
const names = ['app.internal'];

test('processes that open the same directory at once share one root and one leaf', async (context) => {
  const directory = join(await scratchDirectory(context), 'authority');
  const program = join(import.meta.dirname, '../programs/open-authority.ts');
  const results = await Promise.all(Array.from({ length: 4 }, () => command(process.execPath, [program, directory])));
  for (const result of results) assert.equal(result.code, 0, result.output);
  assert.equal(new Set(results.map((result) => result.stdout)).size, 1);
  assert.deepEqual(await readdir(join(directory, 'roots', 'root')), ['00000001', 'current']);
});

test('a damaged root is set aside and never replaced', async (context) => {
  const directory = await scratchDirectory(context);
  const open = (log = memoryLog()) => openAuthority({ directory, clock: systemClock, log });
  await (await open()).leafFor(names);
  await truncate(join(directory, 'roots', 'root', '00000001', 'key.pem'), 100);
  const log = memoryLog();
  await assert.rejects(open(log), { code: 'authority-root-damaged', cure: /backup/ });
  assert.match(log.of('error').join('\n'), /damaged; it was set aside .*key\.pem is not the file.*damaged-00000001-/);
  await assert.rejects(open(), { code: 'authority-root-damaged' }, 'the second attempt makes none either');
  const [aside = ''] = (await readdir(join(directory, 'roots', 'root'))).filter((entry) =>
    entry.startsWith('damaged-'),
  );
  assert.deepEqual((await readdir(join(directory, 'roots', 'root', aside))).sort(), [
    'chain.pem',
    'key.pem',
    'meta.json',
  ]);
});

test('the root before does not take the place of a damaged one', async (context) => {
  const directory = await scratchDirectory(context);
  const clock = manualClock(Date.UTC(2027, 0, 1));
  const open = () => openAuthority({ directory, clock, log: memoryLog() });
  const authority = await open();
  clock.set(clock.now() + 8 * 365 * day);
  assert.notEqual(await authority.previousRootPem(), null);
  await truncate(join(directory, 'roots', 'root', '00000002', 'chain.pem'), 100);
  for (let time = 0; time < 2; time++) await assert.rejects(open(), { code: 'authority-root-damaged' });
});

test('a root whose key is lost is not replaced behind the back of the devices that trust it', async (context) => {
  const directory = await scratchDirectory(context);
  const open = () => openAuthority({ directory, clock: systemClock, log: memoryLog() });
  await open();
  await rm(join(directory, 'roots'), { recursive: true });
  await assert.rejects(open(), { code: 'authority-root-missing' });
});

test('a damaged intermediate and a damaged leaf are made again under the same root', async (context) => {
  const directory = await scratchDirectory(context);
  const log = memoryLog();
  const open = () => openAuthority({ directory, clock: systemClock, log });
  const first = await open();
  const root = await first.rootPem();
  const before = await first.leafFor(names);
  await writeFile(join(directory, 'intermediates', 'intermediate', '00000001', 'meta.json'), '{');
  await rm(join(directory, 'leaves', 'app.internal', '00000001', 'key.pem'));
  const second = await open();
  const after = await second.leafFor(names);
  assert.notEqual(after.chain, before.chain);
  assert.equal(await second.rootPem(), root);
  const [leaf, intermediate] = after.chain.match(/-----BEGIN[\s\S]*?END CERTIFICATE-----/g) ?? [];
  assert.ok(new X509Certificate(leaf!).verify(new X509Certificate(intermediate!).publicKey));
  assert.ok(new X509Certificate(intermediate!).verify(new X509Certificate(root).publicKey));
  assert.equal(log.of('error').filter((line) => line.includes('set aside')).length, 2);
});

test('a full or read-only disk never stops the serving', async (context) => {
  for (const code of ['ENOSPC', 'EROFS']) {
    const directory = await scratchDirectory(context);
    const clock = manualClock(Date.now());
    const log = memoryLog();
    const stored = await (await openAuthority({ directory, clock, log })).leafFor(names);
    const authority = await openAuthority({ directory, clock, log, disk: refusing(code) });
    assert.deepEqual(await authority.leafFor(names), stored, 'what is stored');
    clock.set(clock.now() + 61 * day);
    const renewed = await authority.leafFor(names);
    assert.notEqual(renewed.chain, stored.chain, 'and in time a new one, from memory');
    assert.deepEqual(await authority.leafFor(names), renewed);
    assert.match(log.of('error').join('\n'), /cannot be stored.*(disk is full|read-only)/);
  }
});

test('a first start on a disk that refuses says what to do', async (context) => {
  const directory = join(await scratchDirectory(context), 'authority');
  const opening = openAuthority({ directory, clock: systemClock, log: memoryLog(), disk: refusing('EACCES') });
  await assert.rejects(opening, { code: 'state-not-writable', message: /permission denied/, cure: /state/ });
});

test('a power cut after any step of the first start leaves a directory that starts', async (context) => {
  for (let steps = 0; ; steps++) {
    const directory = join(await scratchDirectory(context), 'authority');
    const disk = cutAfter(steps);
    const attempt = openAuthority({ directory, clock: systemClock, log: memoryLog(), disk }).then((authority) =>
      authority.leafFor(names),
    );
    await attempt.catch(() => undefined);
    await unlock(directory);
    const published = await readFile(join(directory, 'root.pem'), 'utf8').catch(() => null);
    const authority = await openAuthority({ directory, clock: systemClock, log: memoryLog() });
    await authority.leafFor(names);
    if (published !== null)
      assert.equal(await authority.rootPem(), published, `the root seen before the cut at step ${steps}`);
    if (!disk.isCut) break;
    assert.ok(steps < 200, 'the start is that long?');
  }
});

/** The cut process is this one, still alive: its lock goes as it would have with the process. */
async function unlock(directory: string, disk: Disk = systemDisk): Promise<void> {
  await disk.remove(join(directory, 'lock'));
}

test('a clock that cannot be right makes no root, and does not stop a gate that has one', async (context) => {
  const directory = await scratchDirectory(context);
  const clock = manualClock(0);
  const log = memoryLog();
  const open = () => openAuthority({ directory, clock, log });
  await assert.rejects(open(), { code: 'clock-wrong' });
  clock.set(Date.UTC(2027, 0, 1));
  const pair = await (await open()).leafFor(names);
  clock.set(0);
  assert.deepEqual(await (await open()).leafFor(names), pair);
  assert.match(log.of('error').join('\n'), /clock is wrong/);
});

test('a clock that was years ahead does no lasting harm', async (context) => {
  const directory = await scratchDirectory(context);
  const start = Date.UTC(2027, 0, 1);
  const clock = manualClock(start);
  const authority = await openAuthority({ directory, clock, log: memoryLog() });
  const root = await authority.rootPem();
  clock.set(start + 9 * 365 * day);
  await authority.leafFor(names);
  clock.set(start + day);
  const pair = await authority.leafFor(names);
  const chain = join(directory, 'chain.pem');
  const old = join(directory, 'old.pem');
  await writeFile(chain, pair.chain);
  await writeFile(old, root);
  for (const trusted of [old, authority.rootPath]) {
    const at = String((start + day) / 1000);
    const result = await command('openssl', ['verify', '-attime', at, '-CAfile', trusted, '-untrusted', chain, chain]);
    assert.equal(result.code, 0, result.output);
  }
});
