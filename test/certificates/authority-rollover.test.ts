import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAuthority } from '../../src/control/certificates/authority/authority.ts';
import { readChain, validityOf } from '../../src/control/certificates/x509/chain.ts';
import { command } from '../support/command.ts';
import { manualClock } from '../support/manual-clock.ts';
import { memoryLog } from '../support/memory-log.ts';
import { scratchDirectory } from '../support/scratch.ts';

const day = 86_400_000;

/** What `openssl verify` says at `now` to whoever trusts `root` alone; '' when it accepts. */
async function verdict(directory: string, chain: string, root: string, now: number): Promise<string> {
  const chainPath = join(directory, 'chain.pem');
  const rootPath = join(directory, 'trusted.pem');
  await writeFile(chainPath, chain);
  await writeFile(rootPath, root);
  const strict = ['-x509_strict', '-verify_hostname', 'app.internal', '-attime', String(Math.floor(now / 1000))];
  const result = await command('openssl', [
    'verify',
    ...strict,
    '-CAfile',
    rootPath,
    '-untrusted',
    chainPath,
    chainPath,
  ]);
  return result.code === 0 ? '' : result.output;
}

test('in 18 years nobody who has the root in use, or the one before while it lives, is ever refused', async (context) => {
  const directory = await scratchDirectory(context);
  const start = Date.UTC(2027, 0, 1);
  const clock = manualClock(start);
  const log = memoryLog();
  const authority = await openAuthority({ directory: join(directory, 'authority'), clock, log });
  const roots: string[] = [];
  const intermediates = new Set<string>();
  let bridged = 0;
  for (let now = start; now < start + 18 * 365 * day; now += 61 * day) {
    clock.set(now);
    const { chain } = await authority.leafFor(['app.internal']);
    intermediates.add(readChain(chain)[1]!.fingerprint256);
    const root = await authority.rootPem();
    if (roots.at(-1) !== root) roots.push(root);
    const previous = await authority.previousRootPem();
    // It must last until somebody looks again; near the end of an old root leaves are shorter and looked at more often.
    const later = Math.min(now + 60 * day, validityOf(chain).notAfter - 1000);
    assert.ok(later - now > 6 * day);
    assert.equal(
      await verdict(directory, chain, root, later),
      '',
      `root ${roots.length} at ${new Date(later).toISOString()}`,
    );
    if (previous === null) continue;
    bridged++;
    assert.equal(previous, roots.at(-2));
    if (validityOf(previous).notAfter - now < 8 * day) continue;
    assert.equal(await verdict(directory, chain, previous, now), '', `old root at ${new Date(now).toISOString()}`);
  }
  assert.equal(roots.length, 3);
  assert.ok(intermediates.size >= 6, `${intermediates.size} intermediates`);
  assert.ok(bridged >= 2 * 17, 'each old root is served for three years after its successor was made');
  assert.equal(log.of('warn').filter((line) => /new root .* Install it on every device/.test(line)).length, 2);
  assert.deepEqual(log.of('error'), []);
});

test('the mobile profile holds both roots during a rollover', async (context) => {
  const clock = manualClock(Date.UTC(2027, 0, 1));
  const authority = await openAuthority({ directory: await scratchDirectory(context), clock, log: memoryLog() });
  const count = (profile: string) => profile.match(/com\.apple\.security\.root/g)?.length;
  assert.equal(count(await authority.mobileconfig()), 1);
  clock.set(clock.now() + 8 * 365 * day);
  assert.equal(count(await authority.mobileconfig()), 2);
});

test('a root that ended while the machine was off is followed, loudly', async (context) => {
  const directory = await scratchDirectory(context);
  const clock = manualClock(Date.UTC(2027, 0, 1));
  const log = memoryLog();
  const open = () => openAuthority({ directory: join(directory, 'authority'), clock, log });
  await (await open()).leafFor(['app.internal']);
  clock.set(clock.now() + 11 * 365 * day);
  const authority = await open();
  const { chain } = await authority.leafFor(['app.internal']);
  assert.equal(await verdict(directory, chain, await authority.rootPem(), clock.now()), '');
  assert.match(log.of('error').join('\n'), /had expired.*Install it on every device/);
});
