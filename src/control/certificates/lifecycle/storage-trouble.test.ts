import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, FakeIssuer, hour, minute, outage } from '../../../../test/support/fake-issuer.ts';
import { LifecycleHarness, site, testStart } from '../../../../test/support/lifecycle-harness.ts';
import { SteppedClock } from '../../../../test/support/stepped-clock.ts';
import { MemoryStore } from './memory-store.ts';
import type { Generation, Progress } from './record.ts';

class BrokenStore extends MemoryStore {
  full = '';
  halfFull = '';

  override async probe(): Promise<void> {
    if (this.full) throw new Error(this.full);
  }

  override async saveGeneration(name: string, generation: Generation): Promise<void> {
    if (this.full || this.halfFull) throw new Error(this.full || this.halfFull);
    await super.saveGeneration(name, generation);
  }

  override async saveProgress(name: string, progress: Progress): Promise<void> {
    if (this.full || this.halfFull) throw new Error(this.full || this.halfFull);
    await super.saveProgress(name, progress);
  }
}

for (const trouble of ['ENOSPC: no space left on device', 'EROFS: read-only file system']) {
  test(`no order is spent when it could not be kept: ${trouble}`, async () => {
    const clock = new SteppedClock(testStart);
    const ca = new FakeIssuer(clock);
    const store = new BrokenStore();
    const harness = new LifecycleHarness(clock, [ca], store);
    store.full = trouble;
    await harness.lifecycle.start([site]);
    await clock.advance(day);
    assert.equal(ca.orders, 0);
    assert.match(harness.status.lastError?.message ?? '', new RegExp(trouble.slice(0, 6)));
    assert.match(harness.status.lastError?.cure ?? '', /state directory/);
    store.full = '';
    await clock.advance(day);
    assert.equal(ca.orders, 1);
    assert.equal(store.generations.size, 1);
  });
}

test('a disk that fills between the probe and the save: the certificate is served, and saved later without a new order', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  const store = new BrokenStore();
  const harness = new LifecycleHarness(clock, [ca], store);
  store.halfFull = 'ENOSPC: no space left on device';
  await harness.lifecycle.start([site]);
  await clock.advance(5 * hour);
  assert.equal(harness.issued.length, 1);
  assert.match(harness.status.unsaved, /ENOSPC/);
  store.halfFull = '';
  await clock.advance(2 * hour);
  assert.equal(harness.status.unsaved, '');
  assert.equal(store.generations.get(site.name), harness.issued[0]?.generation);
  assert.equal(ca.orders, 1);
});

test('a program killed within an order again and again does not order again and again', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock, { duration: hour });
  const store = new MemoryStore();
  for (let life = 0; life < 30; life++) {
    const harness = new LifecycleHarness(clock, [ca], store);
    await harness.lifecycle.start([site]);
    await clock.advance(minute);
    const killedWith = store.progress.get(site.name)!;
    await harness.lifecycle.stop();
    store.progress.set(site.name, killedWith);
  }
  assert.ok(ca.orders <= 4, `${ca.orders} orders in half an hour of crashes`);
});

test('killed after the certificate was stored but before the books were: nothing is ordered again', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  const store = new MemoryStore();
  const first = new LifecycleHarness(clock, [ca], store);
  await first.lifecycle.start([site]);
  const underWay = store.progress.get(site.name);
  await clock.advance(minute);
  await first.lifecycle.stop();
  store.progress.set(site.name, { ...underWay!, underWay: { issuer: 'first', at: testStart } });
  const second = new LifecycleHarness(clock, [ca], store);
  await second.lifecycle.start([site]);
  await clock.advance(day);
  assert.equal(second.status.state, 'valid');
  assert.equal(ca.orders, 1);
});

test('a restart goes on where the last run was: attempts, waiting time and drawn moment', async () => {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock);
  const store = new MemoryStore();
  const first = new LifecycleHarness(clock, [ca], store);
  ca.trouble = () => outage();
  await first.lifecycle.start([site]);
  await clock.advance(hour);
  await first.lifecycle.stop();
  const before = first.status;
  const second = new LifecycleHarness(clock, [ca], store);
  await second.lifecycle.start([site]);
  assert.deepEqual(second.status, before);
  assert.equal(before.attempts, 3);
});
