import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type DoctorTools, examine } from '../../src/control/certificates/doctor/doctor.ts';
import type { Finding } from '../../src/control/certificates/doctor/finding.ts';
import { preflight } from '../../src/control/certificates/doctor/preflight.ts';
import { networkProbes, type Probes } from '../../src/control/certificates/doctor/probe.ts';
import { type ChallengeGate, startChallengeGate } from '../support/challenge-gate.ts';
import { type FakeZone, fakeLookup } from '../support/fake-lookup.ts';

let gate: ChallengeGate;
before(async () => {
  gate = await startChallengeGate();
});
after(() => gate.close());

/** The public addresses of the test are all this machine's loopback; real sockets answer behind them. */
const probes: Probes = {
  http: (_address, port, url) => networkProbes.http('127.0.0.1', port, url),
  alpn: (_address, port, name) => networkProbes.alpn('127.0.0.1', port, name),
};
const name = 'flask.example.net';
const home = '93.184.216.34';

function tools(zone: FakeZone = {}, changes: Partial<DoctorTools> = {}): DoctorTools {
  return {
    lookup: fakeLookup({ a: { [name]: [home] }, ...zone }),
    probes,
    ownAddresses: [home],
    issuers: [
      {
        name: 'letsencrypt',
        publiclyTrusted: true,
        caaIdentities: ['letsencrypt.org'],
        accountUrl: '',
        clockDifference: 0,
        unreachable: '',
      },
    ],
    solvers: [gate.http01, gate.tlsAlpn01],
    wanted: 'auto',
    httpPort: gate.httpPort,
    tlsPort: gate.tlsPort,
    ...changes,
  };
}

const bad = (findings: readonly Finding[]) => findings.filter((one) => one.level !== 'ok').map((one) => one.code);

async function withServer<T>(listener: RequestListener, work: (port: number) => Promise<T>): Promise<T> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test('all is well: the name leads here, both ports answer with our own proofs, CAA is silent', async () => {
  const findings = await examine([name], tools());
  assert.deepEqual(bad(findings), []);
  assert.deepEqual(
    findings.map((one) => one.code),
    ['addresses', 'port-80', 'port-443', 'caa'],
  );
});

test('port 80 is closed: an error alone, a warning while port 443 works', async () => {
  const closed = { httpPort: 1 };
  const only = await examine([name], tools({}, { ...closed, solvers: [gate.http01] }));
  const finding = only.find((one) => one.code === 'port-80-closed');
  assert.equal(finding?.level, 'error');
  assert.match(finding?.evidence ?? '', /connection refused/);
  assert.match(finding?.cure ?? '', /firewall.*router.*dns-01/);
  const both = await examine([name], tools({}, closed));
  assert.equal(both.find((one) => one.code === 'port-80-closed')?.level, 'warning');
});

test('somebody else answers: a router, a web server, a network in front', async () => {
  const look = (listener: RequestListener) =>
    withServer(listener, async (httpPort) => {
      const findings = await examine([name], tools({}, { httpPort, solvers: [gate.http01] }));
      return findings.find((one) => one.level === 'error');
    });
  const router = await look((_, response) => response.writeHead(200).end('<html><title>FRITZ!Box</title>'));
  assert.match(router?.cause ?? '', /router/);
  assert.match(router?.evidence ?? '', /FRITZ!Box/);
  const nginx = await look((_, response) => response.writeHead(404, { server: 'nginx/1.22.1' }).end('not here'));
  assert.equal(nginx?.code, 'somebody-else');
  assert.match(nginx?.evidence ?? '', /status 404, Server: nginx\/1\.22\.1/);
  const network = await look((_, response) => response.writeHead(522, { 'cf-ray': '7' }).end());
  assert.equal(network?.code, 'behind-network');
  const redirect = await look((_, response) => response.writeHead(301, { location: 'https://www.example.net/' }).end());
  assert.equal(redirect?.code, 'redirect-loses-token');
  assert.match(redirect?.evidence ?? '', /redirected to https:\/\/www\.example\.net\//);
});

test('addresses: none, private, an IPv6 this machine does not have, somebody else', async () => {
  const codes = async (zone: FakeZone, changes = {}) =>
    bad(await examine([name], tools(zone, { solvers: [gate.http01], ...changes })));
  assert.deepEqual(await codes({ a: {} }), ['no-address']);
  assert.ok((await codes({ a: { [name]: ['192.168.1.10'] } })).includes('private-address'));
  assert.deepEqual(await codes({ aaaa: { [name]: ['2606:4700::1'] } }), ['dead-aaaa']);
  assert.deepEqual(await codes({ a: { [name]: ['8.8.8.8'] } }), ['foreign-address']);
  assert.deepEqual(await codes({ broken: [name] }), ['dns-trouble', 'caa-unreadable']);
  assert.deepEqual(await codes({}, { ownAddresses: [] }), [], 'an unknown own address is not compared');
});

test('wildcards, private names, doubled zones, clocks, silent CAs and used-up limits', async () => {
  assert.deepEqual(bad(await examine(['*.example.net'], tools())), ['wildcard-needs-dns']);
  assert.deepEqual(bad(await examine(['kms.internal'], tools())), ['not-public']);
  const own = { ...tools().issuers[0]!, publiclyTrusted: false };
  const inside = { a: { 'kms.internal': ['10.0.0.5'] } };
  const privately = tools(inside, { issuers: [own], ownAddresses: ['10.0.0.5'] });
  assert.deepEqual(bad(await examine(['kms.internal'], privately)), [], 'a private CA may sign private names');
  const dns = { kind: 'dns-01' as const, present: async () => async () => {} };
  const doubled = { txt: { '_acme-challenge.flask.example.net.example.net': ['x'] } };
  assert.deepEqual(bad(await examine([name], tools(doubled, { solvers: [dns] }))), ['txt-doubled']);
  const issuer = tools().issuers[0]!;
  const withIssuer = async (changes: object) =>
    bad(await examine([name], tools({}, { issuers: [{ ...issuer, ...changes }] })));
  assert.deepEqual(await withIssuer({ clockDifference: 3_600_000 }), ['clock']);
  assert.deepEqual(await withIssuer({ unreachable: 'connection refused' }), ['ca-unreachable']);
  assert.deepEqual(await withIssuer({ ordersFrom: Date.now() + 86_400_000 }), ['ca-limit']);
});

test('an order that is certain to fail is not placed; one that only looks doubtful from here is', async () => {
  const caa = { caa: { 'example.net': [{ critical: 0, issue: 'sectigo.com' }] } };
  await assert.rejects(preflight([name], tools(caa)), (error: Error) => {
    assert.match(error.message, /CAA records forbid this CA/);
    return (
      'kind' in error && error.kind === 'configuration' && 'cure' in error && /CAA 0 issue/.test(String(error.cure))
    );
  });
  await preflight([name], tools({}, { httpPort: 1, tlsPort: 1 }));
});
