import assert from 'node:assert/strict';
import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { CertificateEvent } from '../../src/control/certificates/lifecycle/alarm.ts';
import { Lifecycle } from '../../src/control/certificates/lifecycle/lifecycle.ts';
import { systemClock } from '../../src/model/clock.ts';
import { startAcmeWorld } from '../support/acme-world.ts';

/** One request on a connection of its own; gives the certificate that was shown. */
function visit(port: number, ca: string): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, servername: 'renewed.test', ca, agent: false as const };
    get(options, (response) => {
      const shown = (response.socket as TLSSocket).getPeerX509Certificate();
      response.resume().on('end', () => (shown ? resolve(shown) : reject(new Error('no certificate'))));
    }).on('error', reject);
  });
}

test('obtained, renewed again and again by the loop at half of a short life, under load, without a failed request', async (t) => {
  // Seven seconds of life: due at half of it; clients see each generation come into use.
  const world = await startAcmeWorld({ validity: 7 });
  t.after(() => world.close());
  const events: CertificateEvent[] = [];
  let serving: SecureContext | undefined;
  const server = createServer({ SNICallback: (_name, done) => done(null, serving) }, (_request, response) =>
    response.end('hello'),
  );
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const lifecycle = new Lifecycle({
    clock: systemClock,
    store: world.store,
    issuers: [world.issuer()],
    log: world.log,
    onIssued: (_name, pair) => {
      serving = createSecureContext({ cert: pair.chain, key: pair.key });
    },
    onEvent: (event) => events.push(event),
  });
  t.after(() => lifecycle.stop());
  const root = await world.pebble.issuingRoot();
  await lifecycle.start([{ name: 'renewed.test', names: ['renewed.test'] }]);
  while (events.length === 0) await delay(20);
  assert.ok(serving, 'in use before it is told of');
  const serials = new Set<string>();
  let requests = 0;
  const deadline = Date.now() + 20_000;
  while (serials.size < 3 && Date.now() < deadline) {
    const shown = await Promise.all([1, 2, 3, 4].map(() => visit(port, root)));
    for (const one of shown) serials.add(one.serialNumber);
    requests += shown.length;
  }
  assert.ok(serials.size >= 3, `${serials.size} generations in 20 s`);
  assert.ok(requests > 50);
  assert.deepEqual(
    events.slice(0, 3).map((one) => one.event),
    ['obtained', 'renewed', 'renewed'],
  );
});
