import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, FakeIssuer, hour, outage } from '../../../../test/support/fake-issuer.ts';
import { LifecycleHarness, site, testStart } from '../../../../test/support/lifecycle-harness.ts';
import { SteppedClock } from '../../../../test/support/stepped-clock.ts';
import { MemoryStore } from './memory-store.ts';
import type { Generation, Progress } from './record.ts';

/** A store whose program dies after a number of writes: what comes later never happens and never returns. */
class MortalStore extends MemoryStore {
  writes = 0;
  readonly #last: number;

  constructor(last: number) {
    super();
    this.#last = last;
  }

  #dead(): Promise<void> | null {
    return ++this.writes > this.#last ? new Promise(() => {}) : null;
  }

  override saveGeneration(name: string, generation: Generation): Promise<void> {
    return this.#dead() ?? super.saveGeneration(name, generation);
  }

  override saveProgress(name: string, progress: Progress): Promise<void> {
    return this.#dead() ?? super.saveProgress(name, progress);
  }
}

/** Through the first certificate and its renewal, with one refused attempt before each. */
async function live(store: MortalStore): Promise<{ orders: number; clock: SteppedClock; ca: FakeIssuer }> {
  const clock = new SteppedClock(testStart);
  const ca = new FakeIssuer(clock, { lifetime: 6 * day });
  let calls = 0;
  ca.trouble = () => (calls++ % 3 === 0 ? outage() : null);
  const harness = new LifecycleHarness(clock, [ca], store);
  await harness.lifecycle.start([site]);
  await clock.advance(4 * day);
  return { orders: ca.orders, clock, ca };
}

test('killed between any two writes: after the restart the certificate is there or comes, with at most one order wasted', async () => {
  const whole = new MortalStore(Number.POSITIVE_INFINITY);
  const undisturbed = (await live(whole)).orders;
  assert.ok(whole.writes >= 8, `${whole.writes} write points`);
  for (let last = 0; last <= whole.writes; last++) {
    const store = new MortalStore(last);
    const { clock, ca } = await live(store);
    ca.trouble = () => null;
    const survivors = new MemoryStore();
    for (const [name, one] of store.generations) survivors.generations.set(name, one);
    for (const [name, one] of store.progress) survivors.progress.set(name, one);
    const kept = survivors.generations.get(site.name);
    const second = new LifecycleHarness(clock, [ca], survivors);
    await second.lifecycle.start([site]);
    assert.equal(second.lifecycle.generation(site.name), kept ?? null, 'what was stored is in use again');
    await clock.advance(2 * hour);
    const { notAfter } = second.status;
    assert.ok(notAfter !== null && notAfter > clock.now(), `killed after write ${last}`);
    assert.ok(ca.orders <= undisturbed + 1, `killed after write ${last}: ${ca.orders} orders`);
    await second.lifecycle.stop();
  }
});
