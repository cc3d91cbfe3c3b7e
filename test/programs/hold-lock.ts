/** A process that takes the lock in argv[2], says so, and holds it until it is ended: `node hold-lock.ts FILE`. */
import { systemDisk } from '../../src/control/certificates/vault/disk.ts';
import { acquireLock } from '../../src/control/certificates/vault/lock.ts';

const [path = ''] = process.argv.slice(2);
try {
  await acquireLock({ path, purpose: 'test', disk: systemDisk });
  console.log('held');
  setInterval(() => {}, 60_000);
} catch (error) {
  console.log(error instanceof Error ? error.message : 'failed');
}
