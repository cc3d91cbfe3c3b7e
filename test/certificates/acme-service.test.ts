import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { type AcmeSettings, createAcmeService } from '../../src/control/certificates/acme-service.ts';
import type { Http01Solver } from '../../src/control/certificates/challenge/http-01.ts';
import type { TlsAlpn01Solver } from '../../src/control/certificates/challenge/tls-alpn-01.ts';
import { MemoryStore } from '../../src/control/certificates/lifecycle/memory-store.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { CertificatePair } from '../../src/model/site.ts';
import { startChallengeGate } from '../support/challenge-gate.ts';
import { memoryLog } from '../support/memory-log.ts';
import { startPebble } from '../support/pebble.ts';

test('a gate that asks the service for its answers gets a certificate, by either port', async (t) => {
  for (const answers of [
    { http: true, tls: false },
    { http: false, tls: true },
  ]) {
    const issued = Promise.withResolvers<CertificatePair>();
    let service: ReturnType<typeof createAcmeService> | undefined;
    const shown = { present: async () => async () => {} };
    const http: Http01Solver = { ...shown, kind: 'http-01', response: (token) => service?.http01Response(token) };
    const tls: TlsAlpn01Solver = {
      ...shown,
      kind: 'tls-alpn-01',
      challengeCertificate: (name) => service?.challengeCertificate(name),
    };
    const gate = await startChallengeGate(http, tls);
    const pebble = await startPebble({ httpPort: gate.httpPort, tlsPort: gate.tlsPort });
    t.after(async () => {
      gate.close();
      await pebble.stop();
    });
    const settings: AcmeSettings = {
      issuers: [{ name: 'pebble', directory: pebble.directory, ca: pebble.ca, email: '' }],
      challenge: 'auto',
      dns: null,
      resolvers: [pebble.dns],
      answers,
      ports: { http: gate.httpPort, tls: gate.tlsPort },
      ownAddresses: [],
      preflight: false,
    };
    const log = memoryLog();
    service = createAcmeService(settings, {
      clock: systemClock,
      log,
      store: new MemoryStore(),
      onIssued: (_name, pair) => issued.resolve(pair),
    });
    await service.lifecycle.start([{ name: 'joined.test', names: ['joined.test'] }]);
    const pair = await issued.promise;
    assert.equal(new X509Certificate(pair.chain).subjectAltName, 'DNS:joined.test', log.lines.join('\n'));
    const findings = await service.doctor('joined.test', ['joined.test']);
    assert.deepEqual(
      findings.map((one) => `${one.level} ${one.code}`),
      ['ok addresses', `ok port-${answers.http ? 80 : 443}`, 'ok caa'],
    );
    await service.lifecycle.stop();
  }
});

test('with the look ahead, an order that is certain to fail never reaches the CA', async (t) => {
  const gate = await startChallengeGate();
  const pebble = await startPebble({ httpPort: gate.httpPort, tlsPort: gate.tlsPort });
  t.after(async () => {
    gate.close();
    await pebble.stop();
  });
  const store = new MemoryStore();
  const service = createAcmeService(
    {
      issuers: [{ name: 'pebble', directory: pebble.directory, ca: pebble.ca, email: '' }],
      challenge: 'auto',
      dns: null,
      resolvers: [pebble.dns],
      answers: { http: true, tls: true },
      ports: { http: gate.httpPort, tls: gate.tlsPort },
      ownAddresses: [],
      preflight: true,
    },
    { clock: systemClock, log: memoryLog(), store, onIssued: () => {} },
  );
  await service.lifecycle.start([{ name: 'wild.test', names: ['*.wild.test'] }]);
  const failure = await service.lifecycle.renewNow('wild.test');
  assert.equal(failure?.kind, 'configuration');
  assert.match(failure?.cure ?? '', /acme\.dns/);
  assert.equal(store.accounts.size, 0, 'not even an account was opened');
  await service.lifecycle.stop();
});
