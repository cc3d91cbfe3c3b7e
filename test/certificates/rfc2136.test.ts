import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dnsLookup } from '../../src/control/certificates/challenge/dns/lookup.ts';
import { rfc2136Provider } from '../../src/control/certificates/challenge/dns/rfc2136.ts';
import { dns01Solver } from '../../src/control/certificates/challenge/dns-01.ts';
import { systemClock } from '../../src/model/clock.ts';
import { type AcmeWorld, requestFor, startAcmeWorld } from '../support/acme-world.ts';
import { type Bind, startBind } from '../support/bind.ts';
import { silentLog } from '../support/memory-log.ts';

const key = { name: 'sallyport', algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 9).toString('base64') } as const;
const zone = 'bind.test';
let bind: Bind;
before(async () => {
  bind = await startBind({ zone, key, records: ['_acme-challenge.www IN CNAME proofs'] });
});
after(() => bind.stop());

const provider = (changes: object = {}) =>
  rfc2136Provider({ host: '127.0.0.1', port: bind.port, zone, key, ...changes });

test('values are added beside each other and taken away one by one, as a real server sees it', async () => {
  const lookup = dnsLookup([bind.address]);
  const name = `_acme-challenge.${zone}`;
  await provider().setTxt(name, 'one');
  await provider().setTxt(name, 'two');
  assert.deepEqual([...(await lookup.txt(name))].sort(), ['one', 'two']);
  await provider().clearTxt(name, 'one');
  assert.deepEqual(await lookup.txt(name), ['two']);
  await provider().clearTxt(name, 'two');
  assert.deepEqual(await lookup.txt(name), []);
});

test('a wrong secret, a wrong zone and a foreign name are told apart, each with its cure', async () => {
  const name = `_acme-challenge.${zone}`;
  const wrongKey = { ...key, secret: Buffer.alloc(32, 1).toString('base64') };
  await assert.rejects(provider({ key: wrongKey }).setTxt(name, 'v'), /NOTAUTH/);
  await assert.rejects(provider({ zone: 'test' }).setTxt(name, 'v'), /NOTAUTH|REFUSED/);
  await assert.rejects(provider().setTxt('_acme-challenge.other.test', 'v'), /not within the zone bind\.test/);
});

test('a whole order: alias followed, record written by key, seen at the authoritative server, found by the CA', async (t) => {
  const world: AcmeWorld = await startAcmeWorld({ dnsServer: bind.address });
  t.after(() => world.close());
  const solver = dns01Solver({
    provider: provider(),
    lookup: dnsLookup([bind.address]),
    clock: systemClock,
    log: silentLog,
    patience: 5000,
    authoritativePort: bind.port,
  });
  const names = [`www.${zone}`, zone, `*.${zone}`];
  const generation = await world.issuer({}, { solvers: [solver] }).obtain(requestFor(...names));
  assert.ok(generation.notAfter > Date.now());
  assert.deepEqual(await dnsLookup([bind.address]).txt(`proofs.${zone}`), [], 'nothing is left behind');
});
