import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAuthority } from '../../src/control/certificates/authority/authority.ts';
import { keepLeaves, nextDue } from '../../src/control/certificates/authority/renewal.ts';
import { validityOf } from '../../src/control/certificates/x509/chain.ts';
import type { CertificatePair } from '../../src/model/site.ts';
import { manualClock } from '../support/manual-clock.ts';
import { memoryLog } from '../support/memory-log.ts';
import { scratchDirectory } from '../support/scratch.ts';

const hour = 3_600_000;
const day = 24 * hour;
const year = 365 * day;
const start = Date.UTC(2027, 0, 1);

/** An authority on a clock, asked for its root from memory: the loop asks every hour. */
async function open(directory: string) {
  const clock = manualClock(start);
  const log = memoryLog();
  const authority = await openAuthority({ directory, clock, log });
  const root = await authority.rootPem();
  return { clock, log, authority: { leafFor: authority.leafFor, rootPem: async () => root } };
}

test('for three years every site is served a valid certificate, and none is made too often', async (context) => {
  const { clock, log, authority } = await open(await scratchDirectory(context));
  const ends = new Map<string, number>();
  const sites = [];
  for (const name of ['a.internal', 'b.internal']) {
    const pair = await authority.leafFor([name]);
    ends.set(name, validityOf(pair.chain).notAfter);
    sites.push({ name, names: [name], pair });
    clock.set(clock.now() + 10 * day);
  }
  let renewals = 0;
  const onRenewed = (name: string, pair: CertificatePair) => {
    renewals++;
    ends.set(name, validityOf(pair.chain).notAfter);
  };
  const keeper = keepLeaves({ authority, clock, log, onRenewed });
  keeper.keep(sites);
  while (clock.now() < start + 3 * year) {
    await clock.runToNext();
    for (const [name, end] of ends) {
      const left = end - clock.now();
      assert.ok(left > 29 * day, `${name} has ${left / day} days left`);
    }
  }
  keeper.stop();
  assert.ok(renewals >= 2 * 17 && renewals <= 2 * 19, `${renewals} renewals`);
  assert.equal(clock.waiting, 0);
});

test('a renewal that could not be served is tried again within the hour', async (context) => {
  const { clock, log, authority } = await open(await scratchDirectory(context));
  const pair = await authority.leafFor(['a.internal']);
  let failures = 3;
  const times: number[] = [];
  const keeper = keepLeaves({
    authority,
    clock,
    log,
    onRenewed() {
      times.push(clock.now());
      if (failures-- > 0) throw new Error('the listener is busy');
    },
  });
  keeper.keep([{ name: 'a', names: ['a.internal'], pair }]);
  while (clock.now() < start + 70 * day) await clock.runToNext();
  keeper.stop();
  assert.equal(times.length, 4);
  assert.ok(times[3]! - times[0]! <= 4 * hour);
  assert.match(log.of('error')[0] ?? '', /could not be renewed.*daysLeft=30.*the listener is busy/);
});

test('a clock that jumps ahead is noticed within the hour', async (context) => {
  const { clock, log, authority } = await open(await scratchDirectory(context));
  const pair = await authority.leafFor(['a.internal']);
  let renewed = 0;
  const keeper = keepLeaves({ authority, clock, log, onRenewed: () => void renewed++ });
  keeper.keep([{ name: 'a', names: ['a.internal'], pair }]);
  await clock.runToNext();
  assert.equal(renewed, 0);
  clock.set(clock.now() + 80 * day);
  await clock.runToNext();
  keeper.stop();
  assert.equal(renewed, 1);
});

test('due after two thirds of its life, and at once when it is from the future', async (context) => {
  const { authority } = await open(await scratchDirectory(context));
  const pair = await authority.leafFor(['a.internal']);
  assert.equal(nextDue(pair, start), validityOf(pair.chain).notBefore + 60 * day);
  assert.equal(nextDue(pair, start - year), start - year);
});
