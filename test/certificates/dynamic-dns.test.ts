import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DynamicDns } from '../../src/control/certificates/dynamic-dns/updater.ts';
import { hour, minute } from '../support/fake-issuer.ts';
import { memoryLog } from '../support/memory-log.ts';
import { SteppedClock } from '../support/stepped-clock.ts';
import { startWebStandIn } from '../support/web-stand-in.ts';

const token = 'secret-token';

async function until(clock: SteppedClock, condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2000 && !condition(); turn++) await clock.advance(minute / 2);
  assert.ok(condition());
}

test('without a source the service finds the address out: one call for all records, repeated', async (t) => {
  let answer = 'OK';
  const service = await startWebStandIn(() => ({ status: 200, body: answer }));
  t.after(() => service.close());
  const clock = new SteppedClock(0);
  const log = memoryLog();
  const updater = new DynamicDns({
    names: ['flask.home.duckdns.org', 'home.duckdns.org', 'other.duckdns.org'],
    duckdns: { token, base: service.base, ca: service.ca },
    source: { kind: 'service' },
    clock,
    log,
  });
  t.after(() => updater.stop());
  await updater.start();
  assert.deepEqual(Object.fromEntries(service.seen[0]!.url.searchParams), { domains: 'home,other', token, ip: '' });
  await until(clock, () => service.seen.length >= 3);
  answer = 'KO';
  await until(clock, () => updater.status().lastError !== '');
  assert.match(updater.status().lastError, /refuses to change home,other/);
  assert.ok(!log.lines.join().includes(token));
});

test('with a source of its own the record is written only when the address changes, and a few times a day', async (t) => {
  let address = '93.184.216.34';
  const page = await startWebStandIn(() => ({ status: 200, body: `${address}\n` }));
  const service = await startWebStandIn(() => ({ status: 200, body: 'OK' }));
  t.after(() => {
    page.close();
    service.close();
  });
  const clock = new SteppedClock(0);
  const updater = new DynamicDns({
    names: ['home.duckdns.org'],
    duckdns: { token, base: service.base, ca: service.ca },
    source: { kind: 'url', url: `${page.base}/ip`, ca: page.ca },
    clock,
    log: memoryLog(),
  });
  t.after(() => updater.stop());
  await updater.start();
  await until(clock, () => page.seen.length >= 5);
  assert.equal(service.seen.length, 1);
  address = '93.184.216.99';
  await until(clock, () => service.seen.length === 2);
  assert.equal(service.seen[1]!.url.searchParams.get('ip'), '93.184.216.99');
  assert.ok(clock.now() < hour * 40);
  address = '<html>login</html>';
  await until(clock, () => updater.status().lastError !== '');
  assert.match(updater.status().lastError, /did not answer with an address/);
});
