import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { type Disk, systemDisk } from '../../src/control/certificates/vault/disk.ts';
import { openRecords } from '../../src/control/certificates/vault/records.ts';
import { cutAfter, refusing } from '../support/failing-disk.ts';
import { memoryLog } from '../support/memory-log.ts';
import { scratchDirectory } from '../support/scratch.ts';

const schema = z.strictObject({ attempts: z.number() });

function recordsIn(directory: string, disk: Disk = systemDisk, log = memoryLog()) {
  return openRecords({ directory, schema, log, disk });
}

test('records survive, one private file each', async (context) => {
  const directory = join(await scratchDirectory(context), 'progress');
  const records = recordsIn(directory);
  await records.save('*.example.org', { attempts: 1 });
  await records.save('https://ca.example/directory', { attempts: 2 });
  await records.save('*.example.org', { attempts: 3 });
  const all = await recordsIn(directory).loadAll();
  assert.deepEqual(Object.fromEntries(all), {
    '*.example.org': { attempts: 3 },
    'https://ca.example/directory': { attempts: 2 },
  });
  assert.equal((await stat(join(directory, '_.example.org.json'))).mode & 0o777, 0o600);
  await records.remove('*.example.org');
  assert.equal(await records.load('*.example.org'), null);
});

test('a power cut after any step leaves the old record or the new one', async (context) => {
  const directory = await scratchDirectory(context);
  await recordsIn(directory).save('a', { attempts: 0 });
  for (let steps = 0; ; steps++) {
    const disk = cutAfter(steps);
    const finished = await recordsIn(directory, disk)
      .save('a', { attempts: steps + 1 })
      .then(
        () => true,
        () => false,
      );
    const { attempts } = (await recordsIn(directory).load('a'))!;
    assert.ok(attempts === steps + 1 || (!finished && attempts === steps), `${attempts} after ${steps} steps`);
    if (!disk.isCut) break;
    await recordsIn(directory).save('a', { attempts: steps + 1 });
  }
});

test('a damaged record is set aside, without a word of what is in it', async (context) => {
  const directory = await scratchDirectory(context);
  for (const text of ['{"secret', '{"attempts":"secret"}']) {
    await writeFile(join(directory, 'a.json'), text);
    const log = memoryLog();
    assert.equal(await recordsIn(directory, systemDisk, log).load('a'), null);
    assert.match(log.of('error').join(), /set aside record=a .*a\.json\.damaged/);
    assert.doesNotMatch(log.lines.join(), /secret/);
    assert.equal(await readFile(join(directory, 'a.json.damaged'), 'utf8'), text);
  }
});

test('a record that cannot be kept is an error', async (context) => {
  const records = recordsIn(await scratchDirectory(context), refusing('ENOSPC'));
  await assert.rejects(records.save('a', { attempts: 1 }), { code: 'state-not-writable', message: /disk is full/ });
});
