/**
 * A process that stores generation after generation until it is killed, and tells each one that is safe:
 * `node write-generations.ts DIRECTORY`, which holds `a.chain`, `a.key`, `b.chain`, `b.key`.
 */
import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemDisk } from '../../src/control/certificates/vault/disk.ts';
import { openVault } from '../../src/control/certificates/vault/vault.ts';
import { systemClock } from '../../src/model/clock.ts';

const [directory = ''] = process.argv.slice(2);
const read = (file: string) => readFileSync(join(directory, file), 'utf8');
const pairs = ['a', 'b'].map((each) => ({ chain: read(`${each}.chain`), key: read(`${each}.key`) }));
const log = { error: console.error, warn: console.error, info: console.error };
const vault = openVault({ directory: join(directory, 'certificates'), clock: systemClock, log, disk: systemDisk });
for (let count = 0; ; count++) {
  const stored = await vault.write('app.internal', pairs[count % 2]!, { names: [], issuer: 'internal', facts: {} });
  writeSync(1, `${stored.generation}\n`);
}
