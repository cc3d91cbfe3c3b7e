import assert from 'node:assert/strict';
import { test } from 'node:test';
import { externalAccountByEmail } from '../../src/control/certificates/lifecycle/external-account.ts';
import { requestFor, startAcmeWorld } from '../support/acme-world.ts';
import { startWebStandIn } from '../support/web-stand-in.ts';

test('a binding handed out for an e-mail address opens the account, and is asked for once', async (t) => {
  const hmac = Buffer.alloc(32, 3).toString('base64url');
  const service = await startWebStandIn(({ body }) =>
    body === 'email=you%40example.org'
      ? { status: 200, body: JSON.stringify({ success: true, eab_kid: 'kid-9', eab_hmac_key: hmac }) }
      : { status: 400, body: '{"success":false}' },
  );
  const world = await startAcmeWorld({ externalAccounts: { 'kid-9': hmac } });
  t.after(async () => {
    service.close();
    await world.close();
  });
  const externalAccount = externalAccountByEmail({ url: `${service.base}/eab`, ca: service.ca });
  const issuer = world.issuer({ externalAccount });
  await issuer.obtain(requestFor('a.example.test'));
  await issuer.obtain(requestFor('b.example.test'));
  assert.equal(service.seen.length, 1);
  await assert.rejects(externalAccount(''), { kind: 'configuration', cure: 'set acme.email' });
  await assert.rejects(externalAccount('x@example.org'), /gave no account binding \(status 400\)/);
});
