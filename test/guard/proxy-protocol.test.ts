import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCurl } from '../support/clients.ts';
import { needs } from '../support/parts.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope);
const config = (https: string): string => `
listen:
  http: [{ address: "127.0.0.1:0", proxyProtocol: true }, { address: "127.0.0.2:0" }]
  https: ${https}
trustedProxies: [127.0.0.1]
limits: { handshakeTimeout: 1s, connectionsPerAddress: 2 }
logs: { access: stdout }
sites:
  localhost: ${backend.port}
  plain.test: { tls: off, to: ${backend.port} }
`;
const gate = await startSallyport(scope, config('{ address: "127.0.0.1:0", proxyProtocol: true }'));
const root = join(gate.directory, 'state/authority/root.pem');
const plainRequest = 'GET / HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n';

/** What the app is told when `port`, an HTTPS port, is asked from the address `from` of this machine. */
async function toldBy(port: number, from: string, ...more: readonly string[]): Promise<string> {
  const seen = backend.requests.length;
  const place = ['--connect-to', `localhost:${port}:127.0.0.1:${port}`, '--interface', from];
  const { stdout, stderr } = await runCurl(['--cacert', root, ...place, ...more, `https://localhost:${port}/`]);
  assert.equal(stdout, 'ok', stderr);
  return (await backend.request(seen)).head;
}

for (const [name, program, options] of [
  ['HAProxy with version 1', 'haproxy', 'send-proxy'],
  ['HAProxy with version 2', 'haproxy', 'send-proxy-v2'],
  [
    'HAProxy with version 2, checksum and names',
    'haproxy',
    'send-proxy-v2 proxy-v2-options crc32c,authority,unique-id',
  ],
  ['nginx', 'nginx', 'proxy_protocol on;'],
] as const) {
  test(`behind ${name} the app and the log are told the client’s address`, needs(program, 'curl'), async (t) => {
    const port = await startTcpProxy(t, program, gate.https, options);
    for (const version of ['--http1.1', '--http2']) {
      const head = await toldBy(port, '127.0.0.77', version);
      assert.match(head, /\r\nX-Forwarded-For: 127\.0\.0\.77\r\n/);
      assert.match(head, /\r\nForwarded: for=127\.0\.0\.77;/);
    }
    const plain = await startTcpProxy(t, program, gate.http, options);
    const seen = backend.requests.length;
    await runCurl(['-H', 'Host: plain.test', '--interface', '127.0.0.78', `http://127.0.0.1:${plain}/`]);
    assert.match((await backend.request(seen)).head, /\r\nX-Forwarded-For: 127\.0\.0\.78\r\n/);
    await gate.process.printed(/^127\.0\.0\.77 .*^127\.0\.0\.78 /ms);
  });
}

test('health checks of HAProxy do no harm', needs('haproxy'), async (t) => {
  const port = await startTcpProxy(t, 'haproxy', gate.https, 'send-proxy-v2 check inter 100ms check-send-proxy');
  await toldBy(port, '127.0.0.77');
});

test('curl’s own PROXY header is understood', needs('curl'), async () => {
  const head = await toldBy(gate.https, '127.0.0.1', '--haproxy-protocol');
  assert.match(head, /\r\nX-Forwarded-For: 127\.0\.0\.1\r\n/);
});

test('the header may come in any pieces, with the request right behind it', async () => {
  const header = 'PROXY TCP4 203.0.113.9 192.0.2.1 56324 80\r\n';
  for (const pieces of [[header + plainRequest], [...(header + plainRequest)], [header, plainRequest]]) {
    const seen = backend.requests.length;
    const { text } = await rawExchange(gate.http, pieces);
    assert.match(text, /^HTTP\/1\.1 200 /);
    assert.match((await backend.request(seen)).head, /\r\nX-Forwarded-For: 203\.0\.113\.9\r\n/);
  }
});

test('a client told of by the proxy is not trusted itself', async () => {
  const seen = backend.requests.length;
  const request = plainRequest.replace('\r\n', '\r\nX-Forwarded-For: 6.6.6.6\r\n');
  await rawExchange(gate.http, `PROXY TCP6 2001:db8::9 2001:db8::1 56324 80\r\n${request}`);
  const { head } = await backend.request(seen);
  assert.match(head, /\r\nX-Forwarded-For: 2001:db8::9\r\n/);
  assert.doesNotMatch(head, /6\.6\.6\.6/);
});

test('who is no trusted proxy is refused, and so is a connection without a header', async () => {
  const seen = backend.requests.length;
  const header = 'PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n';
  for (const pieces of [plainRequest, `PROXY TCP4 127.0.0.1\r\n${plainRequest}`, `GET ${header}${plainRequest}`]) {
    const { text, end } = await rawExchange(gate.http, pieces);
    assert.deepEqual([text, end], ['', 'reset']);
  }
  const curl = await runCurl(['--interface', '127.0.0.3', '--haproxy-protocol', `http://127.0.0.1:${gate.http}/`]);
  assert.notEqual(curl.code, 0);
  const silent = await rawExchange(gate.http, '');
  assert.equal(silent.end, 'reset');
  assert.equal(backend.requests.length, seen);
  const errors = gate.process.stderr();
  assert.match(errors, /PROXY header.*127\.0\.0\.3.*no trusted proxy/);
  assert.match(errors, /PROXY header.*127\.0\.0\.1.*malformed PROXY line/);
  assert.match(errors, /PROXY header.*127\.0\.0\.1.*took too long/);
});

test('connections are limited by the address that is told', async (t) => {
  const header = (client: string): string => `PROXY TCP4 ${client} 192.0.2.1 56324 80\r\n`;
  const open = [1, 2].map(() => rawExchange(gate.http, header('203.0.113.7'), { milliseconds: 700 }));
  t.after(() => Promise.all(open));
  await gate.process.printed(/ready/);
  let third = '';
  for (let tries = 0; third !== 'reset' && tries < 20; tries++) {
    third = (await rawExchange(gate.http, header('203.0.113.7') + plainRequest)).end;
  }
  assert.equal(third, 'reset');
  assert.match((await rawExchange(gate.http, header('203.0.113.8') + plainRequest)).text, /^HTTP\/1\.1 200 /);
});

test('a reload turns the protocol off and on at the same port', async (t) => {
  const own = await startSallyport(t, config('{ address: "127.0.0.1:0", proxyProtocol: true }'));
  const first = join(own.directory, 'state/authority/root.pem');
  const ask = (...more: readonly string[]) => {
    const place = ['--connect-to', `localhost:${own.https}:127.0.0.1:${own.https}`, ...more];
    return runCurl(['--cacert', first, ...place, `https://localhost:${own.https}/`]);
  };
  assert.equal((await ask('--haproxy-protocol')).stdout, 'ok');
  assert.notEqual((await ask()).code, 0);
  assert.equal((await own.reload(config('127.0.0.1:0'))).code, 0);
  assert.equal((await ask()).stdout, 'ok');
  assert.equal((await own.reload(config('{ address: "127.0.0.1:0", proxyProtocol: true }'))).code, 0);
  assert.equal((await ask('--haproxy-protocol')).stdout, 'ok');
  assert.doesNotMatch(own.process.stderr(), /not served/);
});
