/** A process of its own that opens the authority in argv[2], makes a leaf and prints the root: `node open-authority.ts DIRECTORY`. */
import { openAuthority } from '../../src/control/certificates/authority/authority.ts';
import { systemClock } from '../../src/model/clock.ts';

const [directory = ''] = process.argv.slice(2);
const quiet = { error: console.error, warn: console.error, info: () => {} };
const authority = await openAuthority({ directory, clock: systemClock, log: quiet });
const pair = await authority.leafFor(['app.internal']);
console.log(JSON.stringify({ root: await authority.rootPem(), chain: pair.chain }));
