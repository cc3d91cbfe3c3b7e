import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type AcmeWorld, requestFor, startAcmeWorld } from '../support/acme-world.ts';

let world: AcmeWorld;
before(async () => {
  world = await startAcmeWorld();
});
after(() => world.close());

test('a wildcard and its apex in one certificate, http-01 being available but no help', async () => {
  const solvers = [world.gate.http01, world.dnsSolver()];
  const { pair } = await world.issuer({}, { solvers }).obtain(requestFor('wild.test', '*.wild.test'));
  const names = new X509Certificate(pair.chain).subjectAltName?.split(', ').sort();
  assert.deepEqual(names, ['DNS:*.wild.test', 'DNS:wild.test']);
});

test('an alias of _acme-challenge is followed to where the record may be written', async () => {
  await world.pebble.challenge('set-cname', { host: '_acme-challenge.alias.test.', target: 'proofs.elsewhere.test.' });
  const solver = world.dnsSolver();
  const { pair } = await world.issuer({}, { solvers: [solver], wanted: 'dns-01' }).obtain(requestFor('*.alias.test'));
  assert.equal(new X509Certificate(pair.chain).subjectAltName, 'DNS:*.alias.test');
});

test('a wildcard without a DNS provider fails before anything is proven, with the cure', async () => {
  await assert.rejects(world.issuer().obtain(requestFor('*.nodns.test')), (error: Error) => {
    assert.match(error.message, /no way to prove \*\.nodns\.test: it needs dns-01/);
    assert.ok('kind' in error && error.kind === 'configuration');
    assert.ok('cure' in error && /acme\.dns/.test(String(error.cure)));
    return true;
  });
});

test('a DNS server that fails is named, and the CA is not asked to look', async () => {
  await world.pebble.challenge('set-servfail', { host: '_acme-challenge.broken.test.' });
  const solver = world.dnsSolver();
  const order = world.issuer({}, { solvers: [solver] }).obtain(requestFor('*.broken.test'));
  await assert.rejects(order, /dns-01: looking up CNAME of _acme-challenge\.broken\.test: SERVFAIL/);
});
