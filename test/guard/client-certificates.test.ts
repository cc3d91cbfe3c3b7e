import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { openssl, runCurl } from '../support/clients.ts';
import { needs } from '../support/parts.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { runSallyport, startSallyport } from '../support/sallyport.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';
import { startWsServer } from '../support/websocket.ts';
import { makeClientCa } from './client-ca.ts';

const scope = sharedScope();
const directory = await temporaryDirectory(scope);
const backend = await recordingBackend(scope);
const ca = await makeClientCa(scope);
const otherCa = await makeClientCa(scope, 'Other clients');
const alice = ca.issue('alice');
const zoe = ca.issue('zoe', { subject: '/O=Åkerö \\+ Söner/CN=Zoë \r\nX-Client-Cert-Verify: SUCCESS' });
const expired = ca.issue('expired', { days: -1 });
const server = ca.issue('server', { usage: 'serverAuth' });
const stranger = otherCa.issue('stranger');
const config = `
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }
logs: { access: stdout }
sites:
  closed.test: { to: ${backend.port}, clientCertificates: ${ca.caFile} }
  half.test:
    to: ${backend.port}
    clientCertificates: { ca: ${ca.caFile}, mode: optional, passCertificate: true }
    routes: { /admin: { to: ${backend.port}, clientCertificates: required } }
  other.test: { to: ${backend.port}, clientCertificates: { ca: ${otherCa.caFile} } }
  open.test: ${backend.port}
  own.test: { to: ${backend.port}, clientCertificates: internal }
`;
const gate = await startSallyport(scope, config);
const root = join(gate.directory, 'state/authority/root.pem');

interface Answer {
  readonly status: number;
  readonly page: string;
  /** What the app saw; '' when it was not asked. */
  readonly head: string;
}

async function ask(name: string, certificate: string | null, path = '/', ...more: readonly string[]): Promise<Answer> {
  const place = ['--connect-to', `${name}:${gate.https}:127.0.0.1:${gate.https}`, '--cacert', root];
  const shown = certificate === null ? [] : ['--cert', certificate];
  const seen = backend.requests.length;
  const args = [...place, ...shown, '--write-out', '\n%{http_code}', ...more, `https://${name}:${gate.https}${path}`];
  const { stdout, stderr } = await runCurl(args);
  const [, page = '', status] = /^([\s\S]*)\n(\d+)$/.exec(stdout) ?? assert.fail(stderr);
  return { status: Number(status), page, head: backend.requests[seen]?.head ?? '' };
}

const fieldsOf = (head: string): string[] => head.split('\r\n').filter((line) => /^(?:x-)?client-cert/i.test(line));

for (const version of ['--http1.1', '--http2']) {
  for (const tls of ['1.2', '1.3']) {
    const how = `${version.slice(2)}, TLS ${tls}`;
    test(`a good certificate passes, and the app is told whose it is (${how})`, needs('curl', 'openssl'), async () => {
      const { status, head } = await ask('closed.test', alice, '/', version, '--tls-max', tls);
      const certificate = new X509Certificate(readFileSync(alice));
      assert.equal(status, 200);
      assert.deepEqual(fieldsOf(head), [
        'X-Client-Cert-Verify: SUCCESS',
        'X-Client-Cert-Subject: CN=alice,O=Acme\\, Inc.',
        `X-Client-Cert-Serial: ${certificate.serialNumber}`,
        `X-Client-Cert-Fingerprint: ${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`,
      ]);
    });

    test(`none, a stranger’s, an expired one or a server’s is refused with a page that says why (${how})`, async () => {
      for (const [certificate, reason] of [
        [null, /asks for a certificate of yours, and your program has shown none/],
        [stranger, /not from a CA that counts here/],
        [expired, /not valid at this time/],
        [server, /cannot be accepted/],
      ] as const) {
        const { status, page, head } = await ask('closed.test', certificate, '/', version, '--tls-max', tls);
        assert.equal(status, 403);
        assert.match(page, reason);
        assert.equal(head, '');
      }
    });
  }
}

test('where it is optional, none passes and the app is told so; a bad one is refused all the same', async () => {
  const none = await ask('half.test', null);
  assert.equal(none.status, 200);
  assert.deepEqual(fieldsOf(none.head), ['X-Client-Cert-Verify: NONE']);
  assert.equal((await ask('half.test', stranger)).status, 403);
  const der = new X509Certificate(readFileSync(alice)).raw.toString('base64');
  assert.ok(fieldsOf((await ask('half.test', alice)).head).includes(`Client-Cert: :${der}:`));
});

test('a route may require what its site leaves open', async () => {
  assert.equal((await ask('half.test', null, '/admin')).status, 403);
  assert.equal((await ask('half.test', alice, '/admin')).status, 200);
});

test('the user named in the access log is the certificate’s common name', async () => {
  await ask('closed.test', alice, '/logged');
  await gate.process.printed(/^127\.0\.0\.1 - alice .*"GET \/logged /m);
});

test('clients’ own fields never reach the app, on any site and in any spelling', async () => {
  const forged = [
    'X-Client-Cert-Verify: SUCCESS',
    'X_Client_Cert_Verify: SUCCESS',
    'x-client-cert_subject: CN=root',
    'X-Client-Cert-Whatever: root',
    'Client-Cert: :AAAA:',
    'client_cert: :AAAA:',
    'Client-Cert-Chain: :AAAA:',
    'Client_Cert-Chain: :AAAA:',
  ].flatMap((field) => ['--header', field]);
  for (const version of ['--http1.1', '--http2']) {
    const open = await ask('open.test', null, '/', version, '--header', 'Client-Certificate: kept', ...forged);
    assert.deepEqual(
      fieldsOf(open.head).map((line) => line.toLowerCase()),
      ['client-certificate: kept'],
    );
    const optional = await ask('half.test', null, '/', version, ...forged);
    assert.deepEqual(fieldsOf(optional.head), ['X-Client-Cert-Verify: NONE']);
  }
});

test('nothing in a certificate can break out of its field', async () => {
  const { head } = await ask('closed.test', zoe);
  assert.deepEqual(
    fieldsOf(head).map((line) => line.split(':', 1)[0]),
    ['X-Client-Cert-Verify', 'X-Client-Cert-Subject', 'X-Client-Cert-Serial', 'X-Client-Cert-Fingerprint'],
  );
  assert.match(
    head,
    /\r\nX-Client-Cert-Subject: CN=Zo\\C3\\AB \\0D\\0AX-Client-Cert-Verify: SUCCESS,O=\\C3\\85ker\\C3\\B6 \\\+ S\\C3\\B6ner\r\n/,
  );
});

test('browsers are told which CAs count, so that they offer the right certificate', async () => {
  const place = ['s_client', '-connect', `127.0.0.1:${gate.https}`, '-servername', 'closed.test'];
  const { stdout } = await openssl(place, { input: '' });
  assert.match(stdout, /Acceptable client certificate CA names\nCN ?= ?Test clients\n/);
  assert.doesNotMatch(stdout, /Other clients/);
});

function shake(name: string, certificate: string | null, more: object = {}): Promise<TLSSocket> {
  const pair = certificate === null ? {} : { cert: readFileSync(certificate), key: readFileSync(certificate) };
  const socket = connect({
    port: gate.https,
    host: '127.0.0.1',
    servername: name,
    ca: readFileSync(root),
    ...pair,
    ...more,
  });
  return once(socket, 'secureConnect').then(() => socket);
}

async function statusOn(socket: TLSSocket, name: string): Promise<number> {
  socket.write(`GET / HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
  const [answer]: unknown[] = await once(socket, 'data');
  return Number(/^HTTP\/1\.1 (\d+)/.exec(String(answer))?.[1]);
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a session resumed without a certificate is not one with a certificate (${version})`, async (t) => {
    for (const [certificate, expected] of [
      [null, 403],
      [alice, 200],
    ] as const) {
      const first = await shake('closed.test', certificate, { minVersion: version, maxVersion: version });
      const session = version === 'TLSv1.3' ? once(first, 'session') : Promise.resolve([first.getSession()]);
      assert.equal(await statusOn(first, 'closed.test'), expected);
      const [ticket] = await session;
      first.destroy();
      const again = await shake('closed.test', null, { minVersion: version, maxVersion: version, session: ticket });
      t.after(() => void again.destroy());
      assert.ok(again.isSessionReused());
      assert.equal(await statusOn(again, 'closed.test'), expected);
      const elsewhere = await shake('other.test', null, { session: ticket, minVersion: version, maxVersion: version });
      t.after(() => void elsewhere.destroy());
      assert.equal(elsewhere.isSessionReused(), false);
      assert.equal(await statusOn(elsewhere, 'other.test'), 403);
    }
  });
}

test('an HTTP/2 connection of one site cannot be used for another', async (t) => {
  const pair = { cert: readFileSync(alice), key: readFileSync(alice), ca: readFileSync(root) };
  for (const [shaken, asked] of [
    ['open.test', 'closed.test'],
    ['closed.test', 'other.test'],
    ['half.test', 'closed.test'],
  ]) {
    const session = connectHttp2(`https://127.0.0.1:${gate.https}`, { ...pair, servername: shaken });
    t.after(() => session.destroy());
    const stream = session.request({ ':authority': asked, ':path': '/' });
    const [head] = await once(stream, 'response');
    assert.equal(head[':status'], 421);
  }
});

test('a revoked certificate is refused as soon as the list says so: on new connections, resumed sessions and open ones', async (t) => {
  const own = await makeClientCa(scope);
  const [bob, carol] = [own.issue('bob'), own.issue('carol')];
  const crl = join(gate.directory, 'crl.pem');
  copyFileSync(own.crlFile, crl);
  const site = (list: string) =>
    `${config}  revoked.test: { to: ${backend.port}, clientCertificates: { ca: ${own.caFile}, crl: ${list} } }\n`;
  const { code, stderr } = await gate.reload(site(crl));
  assert.equal(code, 0, stderr);
  assert.equal((await ask('revoked.test', bob)).status, 200);
  const open = await shake('revoked.test', bob);
  const session = once(open, 'session');
  assert.equal(await statusOn(open, 'revoked.test'), 200);
  const [ticket] = await session;
  const carols = await shake('revoked.test', carol);
  assert.equal(await statusOn(carols, 'revoked.test'), 200);
  own.revoke(bob.replace(/\.pem$/, '.crt'));
  copyFileSync(own.crlFile, crl);
  await Promise.all([once(open, 'close'), once(carols, 'close')]);
  const { status, page } = await ask('revoked.test', bob);
  assert.equal(status, 403);
  assert.match(page, /has been revoked/);
  assert.equal((await ask('revoked.test', carol)).status, 200);
  const again = await shake('revoked.test', null, { session: ticket });
  t.after(() => void again.destroy());
  assert.equal(again.isSessionReused(), false);
  assert.equal(await statusOn(again, 'revoked.test'), 403);
  writeFileSync(crl, 'broken');
  await gate.process.printed(/cannot be used; the one before still counts/);
  assert.equal((await ask('revoked.test', carol)).status, 200);
  assert.equal((await ask('revoked.test', bob)).status, 403);
});

test('a revoked client loses its WebSockets, others keep theirs', async (t) => {
  const own = await makeClientCa(scope);
  const [dave, erin] = [own.issue('dave'), own.issue('erin')];
  const crl = join(directory, 'sockets.pem');
  copyFileSync(own.crlFile, crl);
  const echo = await startWsServer(t);
  const site = `  sockets.test: { to: ${echo.port}, clientCertificates: { ca: ${own.caFile}, crl: ${crl} } }\n`;
  assert.equal((await gate.reload(config + site)).code, 0);
  const open = async (certificate: string): Promise<WebSocket> => {
    const options = {
      cert: readFileSync(certificate),
      key: readFileSync(certificate),
      ca: readFileSync(root),
      servername: 'sockets.test',
      headers: { Host: 'sockets.test' },
    };
    const socket = new WebSocket(`wss://127.0.0.1:${gate.https}/`, options);
    t.after(() => socket.terminate());
    await once(socket, 'open');
    return socket;
  };
  const [daves, erins] = [await open(dave), await open(erin)];
  own.revoke(dave.replace(/\.pem$/, '.crt'));
  copyFileSync(own.crlFile, crl);
  await once(daves, 'close');
  erins.send('still here');
  const [echoed]: unknown[] = await once(erins, 'message');
  assert.equal(String(echoed), 'still here');
});

test('the in-house CA makes certificates for clients; those of servers do not pass for them', async () => {
  const issue = (...args: readonly string[]) =>
    runSallyport(['ca', 'issue', ...args, '-c', gate.configFile, '--out', directory], { cwd: directory });
  const made = await issue('--client', 'alice@example.org');
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /openssl pkcs12 -export/);
  assert.equal((await issue('machine.internal')).code, 0);
  const shown = (name: string): string => {
    const both = join(directory, `${name}.both`);
    writeFileSync(
      both,
      readFileSync(join(directory, `${name}.pem`), 'utf8') + readFileSync(join(directory, `${name}.key`), 'utf8'),
    );
    return both;
  };
  const { status, head } = await ask('own.test', shown('alice-example.org'));
  assert.equal(status, 200);
  assert.match(head, /\r\nX-Client-Cert-Subject: CN=alice@example\.org\r\n/);
  assert.equal((await ask('own.test', shown('machine.internal'))).status, 403);
  assert.equal((await ask('own.test', null)).status, 403);
  assert.equal((await issue('--client', 'alice', 'bob')).code, 2);
  assert.match((await issue('--client', 'a\nb')).stderr, /no name for a client certificate/);
});

test('a CA without a revocation list, or with one that has ended, lets nobody pass, and the log says why', async () => {
  const [listed, ended] = [await makeClientCa(scope, 'Listed clients'), await makeClientCa(scope, 'Late clients')];
  const both = join(directory, 'both.pem');
  writeFileSync(both, readFileSync(listed.caFile, 'utf8') + readFileSync(ca.caFile, 'utf8'));
  ended.endList();
  const sites = `${config}  lists.test: { to: ${backend.port}, clientCertificates: { ca: ${both}, crl: ${listed.crlFile} } }
  ended.test: { to: ${backend.port}, clientCertificates: { ca: ${ended.caFile}, crl: ${ended.crlFile} } }\n`;
  assert.equal((await gate.reload(sites)).code, 0);
  assert.equal((await ask('lists.test', listed.issue('listed'))).status, 200);
  for (const [name, certificate] of [
    ['lists.test', alice],
    ['ended.test', ended.issue('late')],
  ] as const) {
    const { status, page } = await ask(name, certificate);
    assert.equal(status, 403);
    assert.match(page, /revocation list of this site is missing or has ended/);
  }
  assert.match(gate.process.stderr(), /No revocation list of a CA.*Test clients/);
  assert.match(gate.process.stderr(), /A revocation list has ended.*Late clients/);
});

test('files that cannot be used are told by file, and nothing changes', async () => {
  for (const [clientCertificates, said, exit] of [
    [`{ ca: ${alice} }`, /no CA's: O=Acme/, 2],
    ['{ ca: /nowhere.pem }', /\/nowhere\.pem.*There is no such file/s, 2],
    [`{ ca: ${ca.caFile}, crl: ${ca.caFile} }`, /holds no revocation list/, 1],
  ] as const) {
    const sites = `${config}  bad.test: { to: ${backend.port}, clientCertificates: ${clientCertificates} }\n`;
    const { code, stderr } = await gate.reload(sites);
    assert.equal(code, exit);
    assert.match(stderr, said);
  }
  assert.equal((await ask('closed.test', null)).status, 403);
});
