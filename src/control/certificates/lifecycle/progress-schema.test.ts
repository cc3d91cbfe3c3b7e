import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeIssuer, hour, minute } from '../../../../test/support/fake-issuer.ts';
import { LifecycleHarness, site, testStart } from '../../../../test/support/lifecycle-harness.ts';
import { SteppedClock } from '../../../../test/support/stepped-clock.ts';
import { OrderFailure } from './failure.ts';
import { MemoryStore } from './memory-store.ts';
import { readProgress } from './progress-schema.ts';

test('everything the lifecycle remembers survives JSON, and damaged memory is refused', async () => {
  const clock = new SteppedClock(testStart);
  const store = new MemoryStore();
  const info = { start: testStart + hour, end: testStart + 2 * hour, explanation: '', retryAt: undefined };
  const ca = new FakeIssuer(clock, { renewalInfo: async () => info });
  const harness = new LifecycleHarness(clock, [ca], store);
  const check = (): void => {
    const progress = store.progress.get(site.name);
    assert.deepEqual(readProgress(JSON.parse(JSON.stringify(progress))), progress);
  };
  await harness.lifecycle.start([site]);
  await clock.advance(0);
  check();
  await clock.advance(minute);
  check();
  const problem = { type: 'urn:ietf:params:acme:error:dns', detail: 'no', status: 400, subproblems: [] };
  ca.trouble = () => new OrderFailure('dns: no', { kind: 'challenge', challenge: 'http-01', problem });
  await clock.advance(3 * hour);
  assert.equal(harness.status.state, 'failing');
  check();
  await harness.lifecycle.stop();
  for (const damaged of [null, [], {}, { attempts: 'many' }, 7]) assert.equal(readProgress(damaged), null);
});
