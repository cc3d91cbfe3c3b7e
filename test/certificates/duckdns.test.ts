import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duckdnsProvider, duckdnsRecord } from '../../src/control/certificates/challenge/dns/duckdns.ts';
import { startWebStandIn } from '../support/web-stand-in.ts';

const token = '5d1c9b0a-aaaa-bbbb-cccc-1234567890ab';

test('the documented update address is called with name, token and text; clear=true takes it away', async (t) => {
  const service = await startWebStandIn(({ url }) => {
    const known = url.pathname === '/update' && url.searchParams.get('token') === token;
    return { status: 200, body: known ? 'OK' : 'KO' };
  });
  t.after(() => service.close());
  const provider = duckdnsProvider({ token, base: service.base, ca: service.ca });
  await provider.setTxt('_acme-challenge.flask.example.duckdns.org', 'value');
  await provider.clearTxt('_acme-challenge.flask.example.duckdns.org', 'value');
  assert.deepEqual(
    service.seen.map((one) => Object.fromEntries(one.url.searchParams)),
    [
      { domains: 'example', token, txt: 'value' },
      { domains: 'example', token, txt: 'value', clear: 'true' },
    ],
  );
  const wrong = duckdnsProvider({ token: `${token}x`, base: service.base, ca: service.ca });
  await assert.rejects(wrong.setTxt('_acme-challenge.example.duckdns.org', 'v'), (error: Error) => {
    assert.match(error.message, /duckdns refuses to change example/);
    assert.ok(!error.message.includes(token) && !String(error.stack).includes(token), 'the token stays secret');
    return 'reason' in error && error.reason === 'setup';
  });
});

test('the record is the label before duckdns.org; other names are refused', () => {
  assert.equal(duckdnsRecord('_acme-challenge.example.duckdns.org'), 'example');
  assert.equal(duckdnsRecord('a.b.example.duckdns.org'), 'example');
  for (const name of ['duckdns.org', '_acme-challenge.duckdns.org', 'example.org', 'example.duckdns.org.evil.org']) {
    assert.throws(() => duckdnsRecord(name), /not a name of duckdns\.org/);
  }
});

test('a service in trouble is not the fault of the configuration', async (t) => {
  const service = await startWebStandIn(() => ({ status: 502, body: 'bad gateway' }));
  t.after(() => service.close());
  const provider = duckdnsProvider({ token, base: service.base, ca: service.ca });
  await assert.rejects(provider.setTxt('example.duckdns.org', 'v'), { reason: 'trouble' });
});
