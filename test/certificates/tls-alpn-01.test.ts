import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type AcmeWorld, requestFor, startAcmeWorld } from '../support/acme-world.ts';

let world: AcmeWorld;
before(async () => {
  world = await startAcmeWorld();
});
after(() => world.close());

test('a name is proven on port 443 alone, to clients that offer acme-tls/1', async () => {
  const issuer = world.issuer({}, { solvers: [world.gate.tlsAlpn01] });
  const { pair } = await issuer.obtain(requestFor('alpn.example.test'));
  assert.equal(new X509Certificate(pair.chain).subjectAltName, 'DNS:alpn.example.test');
  assert.equal(world.gate.tlsAlpn01.challengeCertificate('alpn.example.test'), undefined, 'taken away afterwards');
});

test('an address gets a certificate too, by http-01 and by tls-alpn-01', async () => {
  for (const solver of [world.gate.http01, world.gate.tlsAlpn01]) {
    const { pair } = await world.issuer({}, { solvers: [solver] }).obtain(requestFor('127.0.0.1'));
    assert.equal(new X509Certificate(pair.chain).subjectAltName, 'IP Address:127.0.0.1');
  }
});

test('an RSA key when asked for', async () => {
  const { pair } = await world.issuer({ keyType: 'rsa' }).obtain(requestFor('rsa.example.test'));
  assert.equal(new X509Certificate(pair.chain).publicKey.asymmetricKeyType, 'rsa');
});
