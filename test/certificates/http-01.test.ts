import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { after, before, test } from 'node:test';
import { openAccount } from '../../src/control/certificates/acme/account.ts';
import { generateAccountKey } from '../../src/control/certificates/acme/account-key.ts';
import { fetchDirectory } from '../../src/control/certificates/acme/directory.ts';
import { AcmeSession } from '../../src/control/certificates/acme/session.ts';
import { httpsTransport } from '../../src/control/certificates/acme/transport.ts';
import { obtainCertificate } from '../../src/control/certificates/lifecycle/obtain.ts';
import { systemClock } from '../../src/model/clock.ts';
import { type ChallengeGate, startChallengeGate } from '../support/challenge-gate.ts';
import { type Pebble, startPebble } from '../support/pebble.ts';

let gate: ChallengeGate;
let pebble: Pebble;
before(async () => {
  gate = await startChallengeGate();
  pebble = await startPebble({ httpPort: gate.httpPort, tlsPort: gate.tlsPort });
});
after(async () => {
  gate.close();
  await pebble.stop();
});

test('a certificate for two names by http-01, signed by the CA, with the key that was asked for', async () => {
  const transport = httpsTransport({ ca: pebble.ca });
  const { directory } = await fetchDirectory(transport, pebble.directory, Date.now());
  const key = await generateAccountKey();
  const bare = new AcmeSession({ transport, clock: systemClock, directory, key, accountUrl: '' });
  const [session] = await openAccount(bare, { email: 'you@example.org' });
  const pair = await obtainCertificate(session, {
    names: ['terrax9.test', 'www.terrax9.test'],
    keyType: 'ecdsa',
    choice: { wanted: 'auto', available: ['http-01'], failed: [] },
    solvers: [gate.http01],
  });
  const leaf = new X509Certificate(pair.chain);
  assert.equal(leaf.subjectAltName, 'DNS:terrax9.test, DNS:www.terrax9.test');
  assert.ok(leaf.checkPrivateKey(createPrivateKey(pair.key)));
  const intermediate = new X509Certificate(pair.chain.slice(pair.chain.indexOf('-----BEGIN', 10)));
  assert.ok(leaf.verify(intermediate.publicKey));
  assert.ok(intermediate.verify(new X509Certificate(await pebble.issuingRoot()).publicKey));
});
