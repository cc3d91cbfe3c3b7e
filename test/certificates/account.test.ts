import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { requestFor, startAcmeWorld } from '../support/acme-world.ts';

test('an account is opened once and used again', async (t) => {
  const world = await startAcmeWorld();
  t.after(() => world.close());
  await Promise.all([1, 2].map((index) => world.issuer().obtain(requestFor(`n${index}.example.test`))));
  const first = world.store.accounts.get('pebble');
  assert.match(first?.url ?? '', /^https:/);
  await world.issuer().obtain(requestFor('n3.example.test'));
  assert.deepEqual(world.store.accounts.get('pebble'), first);

  await t.test('one the CA has lost is made anew within the same order, with the same key', async () => {
    const url = first!.url.replace(/[^/]*$/, 'gone');
    world.store.accounts.set('pebble', { ...first!, url });
    await world.issuer().obtain(requestFor('gone.example.test'));
    assert.equal(world.store.accounts.get('pebble')?.key, first!.key);
    assert.notEqual(world.store.accounts.get('pebble')?.url, url);
  });

  await t.test('its key is rolled over, and orders go on with the new one', async () => {
    const before = world.store.accounts.get('pebble')!;
    const issuer = world.issuer();
    await issuer.rollOverAccountKey();
    const after = world.store.accounts.get('pebble')!;
    assert.notEqual(after.key, before.key);
    assert.equal(after.nextKey, '');
    await issuer.obtain(requestFor('rolled.example.test'));

    world.store.accounts.set('pebble', { ...before, nextKey: after.key });
    await world.issuer().obtain(requestFor('crashed.example.test'));
    assert.equal(world.store.accounts.get('pebble')?.key, after.key, 'a rollover cut off in the middle is settled');
  });

  await t.test('a certificate is revoked; doing so twice is no error', async () => {
    const issuer = world.issuer();
    const generation = await issuer.obtain(requestFor('revoked.example.test'));
    await issuer.revoke(generation, 'superseded');
    await issuer.revoke(generation, 'superseded');
    const { serialNumber } = new X509Certificate(generation.pair.chain);
    assert.equal(await world.pebble.certificateStatus(serialNumber.toLowerCase()), 'Revoked');
  });
});

test('a compromised key revokes its certificate itself, ECDSA and RSA', async (t) => {
  const world = await startAcmeWorld();
  t.after(() => world.close());
  for (const keyType of ['ecdsa', 'rsa'] as const) {
    const issuer = world.issuer({ keyType });
    const generation = await issuer.obtain(requestFor(`${keyType}.example.test`));
    await issuer.revoke(generation, 'keyCompromise');
    const { serialNumber } = new X509Certificate(generation.pair.chain);
    assert.equal(await world.pebble.certificateStatus(serialNumber.toLowerCase()), 'Revoked');
  }
});

test('a CA that requires a binding: refused without, opened with it', async (t) => {
  const hmac = Buffer.alloc(32, 7).toString('base64url');
  const world = await startAcmeWorld({ externalAccounts: { 'kid-1': hmac } });
  t.after(() => world.close());
  await assert.rejects(world.issuer().obtain(requestFor('eab.example.test')), (error: Error) => {
    assert.ok('kind' in error && error.kind === 'configuration');
    assert.ok('cure' in error && /eab/.test(String(error.cure)));
    return true;
  });
  const issuer = world.issuer({ externalAccount: { kid: 'kid-1', hmac } });
  assert.ok((await issuer.obtain(requestFor('eab.example.test'))).notAfter > Date.now());
});

test('a CA that refuses three in ten good nonces still issues', async (t) => {
  const world = await startAcmeWorld({ nonceReject: 30 });
  t.after(() => world.close());
  await world.issuer().obtain(requestFor('storm.example.test'));
});

test('of several chains the one that ends at the wanted root is taken', async (t) => {
  const world = await startAcmeWorld({ alternateRoots: 2 });
  t.after(() => world.close());
  const root = new X509Certificate(await world.pebble.issuingRoot(2)).subject.replace('CN=', '');
  const { pair } = await world.issuer({ preferredRoot: root }).obtain(requestFor('chain.example.test'));
  const top = new X509Certificate(pair.chain.slice(pair.chain.lastIndexOf('-----BEGIN')));
  assert.equal(top.issuer, `CN=${root}`);
});
