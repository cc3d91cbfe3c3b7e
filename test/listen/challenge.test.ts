import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePair, sClient, site, snapshot, startListeners } from './support.ts';

const serving = snapshot([site(['alpha.example'], makePair('ec', 'alpha.example'))]);

test('a challenge certificate is shown to acme-tls/1 clients only, also for names that have no site yet', async (t) => {
  const challenge = makePair('ec', 'challenge.invalid');
  const challengeCertificate = (name: string) => (name === 'new.example' ? challenge : undefined);
  const { port, connections } = await startListeners(t, serving, { challengeCertificate });
  const validation = await sClient(port, ['-servername', 'new.example', '-alpn', 'acme-tls/1']);
  assert.match(validation.output, /subject=CN = challenge\.invalid/);
  assert.match(validation.output, /ALPN protocol: acme-tls\/1/);
  assert.match((await sClient(port, ['-servername', 'new.example'])).output, /tlsv1 unrecognized name/);
  const ordinary = await sClient(port, ['-servername', 'alpha.example', '-alpn', 'acme-tls/1,http/1.1']);
  assert.match(ordinary.output, /subject=CN = alpha\.example/);
  const nonePending = await sClient(port, ['-servername', 'alpha.example', '-alpn', 'acme-tls/1']);
  assert.match(nonePending.output, /alert no application protocol/);
  assert.equal(connections.length, 1);
});
