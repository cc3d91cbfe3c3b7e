import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, FakeIssuer, hour, minute } from '../../../../test/support/fake-issuer.ts';
import { LifecycleHarness, testStart } from '../../../../test/support/lifecycle-harness.ts';
import { SteppedClock } from '../../../../test/support/stepped-clock.ts';
import { MemoryStore } from './memory-store.ts';

const sites = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `s${index}.example`, names: [`s${index}.example`] }));

test('5,000 names due on one day: never more than four orders at once, all done, nobody twice', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  const harness = new LifecycleHarness(clock, [ca]);
  await harness.lifecycle.start(sites(5000));
  await clock.advance(day);
  assert.equal(ca.mostAtOnce, 4);
  assert.equal(ca.orders, 5000);
  assert.equal(harness.lifecycle.status().filter((one) => one.state === 'valid').length, 5000);
});

test('when slots are short, the certificate with the least time left goes first', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock, { duration: minute });
  const store = new MemoryStore();
  const pair = { chain: '', key: '' };
  const all = sites(50);
  for (const [index, { name, names }] of all.entries()) {
    const notAfter = testStart + ((index * 7) % 50) * hour + hour;
    const notBefore = testStart - 90 * day;
    await store.saveGeneration(name, {
      names,
      pair,
      issuer: 'first',
      notBefore,
      notAfter,
      renewalId: '',
      obtainedAt: notBefore,
    });
  }
  const harness = new LifecycleHarness(clock, [ca], store, { concurrentOrders: 1 });
  await harness.lifecycle.start(all);
  await clock.advance(hour);
  const ends = harness.issued
    .map((one) => all.findIndex((site) => site.name === one.name))
    .map((index) => (index * 7) % 50);
  assert.deepEqual(
    ends,
    [...ends].sort((a, b) => a - b),
  );
  assert.equal(ends.length, 50);
});

test('sites come and go with the configuration; a new alias is ordered at once, the old certificate stays in use', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  const store = new MemoryStore();
  const harness = new LifecycleHarness(clock, [ca], store);
  const [one, two] = sites(2);
  await harness.lifecycle.start([one!, two!]);
  await clock.advance(hour);
  await harness.lifecycle.update([{ name: one!.name, names: [...one!.names, 'www.example'] }]);
  assert.equal(harness.lifecycle.generation(one!.name)?.names.length, 1);
  await clock.advance(hour);
  assert.equal(harness.lifecycle.generation(one!.name)?.names.length, 2);
  assert.equal(ca.orders, 3);
  await harness.lifecycle.update([one!, two!].map((site) => site));
  await clock.advance(hour);
  assert.equal(ca.orders, 4, 'the site that came back still had its certificate; the alias that went is dropped');
});
