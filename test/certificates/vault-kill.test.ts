import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openAuthority } from '../../src/control/certificates/authority/authority.ts';
import { systemDisk } from '../../src/control/certificates/vault/disk.ts';
import { openVault } from '../../src/control/certificates/vault/vault.ts';
import { systemClock } from '../../src/model/clock.ts';
import { memoryLog } from '../support/memory-log.ts';
import { scratchDirectory } from '../support/scratch.ts';

test('kill -9 in the midst of writing loses nothing that was reported as stored', async (context) => {
  const directory = await scratchDirectory(context);
  const authority = await openAuthority({
    directory: join(directory, 'authority'),
    clock: systemClock,
    log: memoryLog(),
  });
  const pairs = [];
  for (const each of ['a', 'b']) {
    const pair = await authority.issue({ names: ['app.internal'] });
    pairs.push(pair);
    await writeFile(join(directory, `${each}.chain`), pair.chain);
    await writeFile(join(directory, `${each}.key`), pair.key);
  }
  const log = memoryLog();
  const vault = openVault({ directory: join(directory, 'certificates'), clock: systemClock, log, disk: systemDisk });
  for (let round = 0; round < 6; round++) {
    const writer = spawn(process.execPath, [join(import.meta.dirname, '../programs/write-generations.ts'), directory]);
    let told = '';
    writer.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    await once(writer.stdout, 'data');
    // Not for something to happen: to hit another step of the writing each time.
    await pause(7 * round);
    writer.kill('SIGKILL');
    await once(writer, 'close');
    const stored = await vault.read('app.internal');
    const reported = Number(told.trim().split('\n').at(-1));
    assert.ok(stored && stored.generation >= reported, `${stored?.generation} after ${reported} was reported`);
    assert.ok(pairs.some(({ chain, key }) => chain === stored.pair.chain && key === stored.pair.key));
  }
  assert.deepEqual(log.of('error'), []);
});
