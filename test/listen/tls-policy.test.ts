import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { curl, makePair, run, sClient, site, snapshot, startListeners } from './support.ts';

const pair = makePair('ec', 'alpha.example');
const serving = snapshot([site(['alpha.example'], pair)]);
const name = ['-servername', 'alpha.example'];

test('TLS 1.2 and 1.3 are spoken, with AES-128-GCM and X25519 for who takes them', async (t) => {
  const { port } = await startListeners(t, serving);
  for (const [flag, cipher] of [
    ['-tls1_2', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
    ['-tls1_3', 'TLS_AES_128_GCM_SHA256'],
  ] as const) {
    const { output } = await sClient(port, [...name, flag]);
    assert.match(output, new RegExp(`Cipher is ${cipher}`));
    assert.match(output, /Server Temp Key: X25519/);
  }
});

test('TLS 1.1 is refused with protocol_version', async (t) => {
  const { port, listeners } = await startListeners(t, serving);
  const { output } = await sClient(port, [...name, '-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0']);
  assert.match(output, /alert protocol version/);
  assert.equal(listeners.counters.failedHandshakes, 1);
});

test('a client that prefers ChaCha20 gets it', async (t) => {
  const { port } = await startListeners(t, serving);
  const suites = 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';
  const { output } = await sClient(port, [...name, '-tls1_3', '-ciphersuites', suites]);
  assert.match(output, /Cipher is TLS_CHACHA20_POLY1305_SHA256/);
});

test('of an RSA and an ECDSA certificate each client gets the one it can verify', async (t) => {
  const rsa = makePair('rsa', 'alpha.example');
  for (const pairs of [
    [rsa, pair],
    [pair, rsa],
  ]) {
    const { port } = await startListeners(t, snapshot([site(['alpha.example'], ...pairs)]));
    for (const version of ['-tls1_2', '-tls1_3']) {
      const onlyRsa = await sClient(port, [...name, version, '-sigalgs', 'RSA-PSS+SHA256:RSA+SHA256']);
      assert.match(onlyRsa.output, /Peer signature type: RSA/);
      const onlyEcdsa = await sClient(port, [...name, version, '-sigalgs', 'ECDSA+SHA256']);
      assert.match(onlyEcdsa.output, /Peer signature type: ECDSA/);
    }
  }
});

test('http/1.1 is chosen by ALPN; a client that knows only other protocols is told so', async (t) => {
  const { port } = await startListeners(t, serving);
  assert.match((await sClient(port, [...name, '-alpn', 'h2,http/1.1'])).output, /ALPN protocol: http\/1\.1/);
  assert.match((await sClient(port, [...name, '-alpn', 'foo'])).output, /alert no application protocol/);
});

test('renegotiation is refused', async (t) => {
  const { port } = await startListeners(t, serving);
  const { output } = await sClient(port, [...name, '-tls1_2'], 'R\n');
  assert.match(output, /no renegotiation/);
});

test("the connection carries what was negotiated; curl and Python's ssl are served", async (t) => {
  const { port, connections } = await startListeners(t, serving);
  const { output } = await curl('alpha.example', port, '--tls-max', '1.2');
  assert.deepEqual(JSON.parse(output), {
    site: 'alpha.example',
    serverName: 'alpha.example',
    tlsVersion: 'TLSv1.2',
    cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256',
    remoteAddress: '127.0.0.1',
  });
  const python = `
import socket, ssl
context = ssl._create_unverified_context()
with context.wrap_socket(socket.create_connection(("127.0.0.1", ${port})), server_hostname="alpha.example") as client:
    client.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
    print(client.version(), client.recv(100))
`;
  assert.match((await run('python3', ['-c', python])).output, /^TLSv1\.3 b'HTTP\/1\.1 200 OK/);
  assert.equal(connections[1]?.tlsVersion, 'TLSv1.3');
  assert.equal(connections[1]?.localPort, port);
});

test('a client that wants a post-quantum key exchange gets one', async (t) => {
  const { port } = await startListeners(t, serving);
  const only = { ecdhCurve: 'X25519MLKEM768', rejectUnauthorized: false };
  const client = connect({ ...only, port, host: '127.0.0.1', servername: 'alpha.example' });
  await once(client, 'secureConnect');
  assert.equal(client.getProtocol(), 'TLSv1.3');
  client.destroy();
});
