import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChallengeSolver } from '../../src/control/certificates/challenge/solver.ts';
import { Lifecycle } from '../../src/control/certificates/lifecycle/lifecycle.ts';
import { systemClock } from '../../src/model/clock.ts';
import { startAcmeWorld } from '../support/acme-world.ts';

test('stopping within an order takes the proof away and does not count as a failure', async (t) => {
  const world = await startAcmeWorld();
  t.after(() => world.close());
  const shown = Promise.withResolvers<void>();
  let withdrawn = false;
  const solver: ChallengeSolver = {
    kind: 'tls-alpn-01',
    async present() {
      shown.resolve();
      await new Promise((resolve) => setTimeout(resolve, 100));
      return async () => {
        withdrawn = true;
      };
    },
  };
  const lifecycle = new Lifecycle({
    clock: systemClock,
    store: world.store,
    issuers: [world.issuer({}, { solvers: [solver] })],
    log: world.log,
    onIssued: () => {},
  });
  await lifecycle.start([{ name: 'stopped.test', names: ['stopped.test'] }]);
  await shown.promise;
  await lifecycle.stop();
  assert.ok(withdrawn);
  const progress = world.store.progress.get('stopped.test');
  assert.equal(progress?.attempts, 0);
  assert.equal(progress?.underWay, null);
});
