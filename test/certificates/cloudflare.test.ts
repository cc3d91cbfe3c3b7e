import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudflareProvider } from '../../src/control/certificates/challenge/dns/cloudflare.ts';
import { startWebStandIn } from '../support/web-stand-in.ts';

test('the closest zone is found, the value added beside others, and only that value deleted', async (t) => {
  const records = [{ id: 'other', content: '"kept"' }];
  const service = await startWebStandIn(({ method, url, body, headers }) => {
    const answer = (result: unknown) => ({ status: 200, body: JSON.stringify({ success: true, errors: [], result }) });
    if (headers.authorization !== 'Bearer secret') {
      const errors = [{ code: 10000, message: 'Authentication error' }];
      return { status: 403, body: JSON.stringify({ success: false, errors, result: null }) };
    }
    if (url.pathname === '/client/v4/zones') {
      return answer(url.searchParams.get('name') === 'example.org' ? [{ id: 'zone1' }] : []);
    }
    if (method === 'POST') {
      const { content } = JSON.parse(body) as { content: string };
      records.push({ id: 'mine', content });
      return answer({ id: 'mine' });
    }
    if (method === 'DELETE')
      records.splice(
        records.findIndex((one) => url.pathname.endsWith(one.id)),
        1,
      );
    return answer(records);
  });
  t.after(() => service.close());
  const provider = cloudflareProvider({ token: 'secret', base: service.base, ca: service.ca });
  await provider.setTxt('_acme-challenge.www.example.org', 'value');
  assert.deepEqual(JSON.parse(service.seen.at(-1)?.body ?? ''), {
    type: 'TXT',
    name: '_acme-challenge.www.example.org',
    content: '"value"',
    ttl: 60,
  });
  assert.equal(service.seen.at(-1)?.url.pathname, '/client/v4/zones/zone1/dns_records');
  await provider.clearTxt('_acme-challenge.www.example.org', 'value');
  assert.deepEqual(records, [{ id: 'other', content: '"kept"' }]);

  const wrong = cloudflareProvider({ token: 'guess', base: service.base, ca: service.ca });
  await assert.rejects(wrong.setTxt('_acme-challenge.example.org', 'v'), /Authentication error \(10000\)/);
  await assert.rejects(provider.setTxt('_acme-challenge.elsewhere.net', 'v'), /sees no zone for/);
});
